"""Figures of the samples system; each is a function of tables and a style.

increments    what one more sample changes, by width and depth, here and as published
convergence   the rate at which planes settle, against its formula; how many samples they need
needed        how many samples curves and surfaces need
second_order  one more sample in a ball about a minimum
"""
