"""Figures of the valleys system: data + style -> matplotlib figure; nothing is computed.

asymmetry    noise with and without the signs of θ, special directions, controls
starts       colours of the starts of a pair of networks
fusion       midpoints over epochs, and what they go with
batches      lines through solutions of small and of large batches
averages     lines from averages to the SGD after them
variations   what recipes change of the two sides of noise
federated    learning curves, gains, growth and partitions
theory       the two demonstrations
"""
