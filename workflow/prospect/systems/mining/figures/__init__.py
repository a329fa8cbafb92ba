"""Figures of the mining system: data + style -> matplotlib figure; nothing is computed.

titles       what panels are called
shapes       curves, surfaces, the atlas, populations
comparison   one surface of several networks and seeds
search       progress and success of mining
curvature    spectra, curvatures, eigenplanes and the lens
"""
