"""Figures of the spinglass system: data + style -> matplotlib figure; nothing is computed.

overlaps      spectra over degrees, orders and odd shares
walks         what walks meet and how they diffuse
permutations  the way to permuted copies
widths        solutions before and after alignment, against width
solutions     P(q), dendrograms, and z of every kind against its nulls
ruggedness    differences in pairs, and correlations
threshold     maps of width and number of samples
"""
