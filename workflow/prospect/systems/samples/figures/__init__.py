"""Figures of the samples system: data + style -> matplotlib figure; nothing is computed.

bounds      the ladder of bounds, what its steps cost, and where Theorem 1 is violated
hessians    how the Hessian converges
dead        which networks are off, in words
retraining  what settles as networks are trained on more samples, and the landscape settling
"""
