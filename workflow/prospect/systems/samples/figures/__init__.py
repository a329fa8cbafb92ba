"""Figures of the samples system; each is a function of tables and a style.

increments    what one more sample changes, by width and depth, here and as published
convergence   the rate at which planes settle, against its formula; how many samples they need
needed        how many samples curves and surfaces need
second_order  one more sample in a ball about a minimum
bounds        the ladder of bounds, what its steps cost, and where Theorem 1 is violated
hessians      how the Hessian converges
retraining    what settles as networks are trained on more samples, and the landscape settling
dead          which networks are dead, in words
"""
