"""The page of a study, ``atlas.html``: what people look at, turn, compare and pass on.

arrays       arrays as the page's scripts read them
figures      what panels are made of: figures, and lines, bands and dots in them
panels       what a system brings: panels of its own, and what it knows of curves and surfaces
inputs       the files that a page is made from
items        curves, surfaces and populations as the page shows them
results      histories of training, and the table of claims
document     the one file: data, scripts, styles and plotly in it
make         the page of a study

``assets/`` holds the page's own HTML, CSS and JavaScript, a file a section. No system is named in
here: a system's ``panels.py`` brings what only it knows.
"""
