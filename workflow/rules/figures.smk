"""Figures: they read tables and grids and compute nothing, so a style change redraws only them."""


rule draw_training:
    input:
        histories=per_model("results/{study}/{network}/seed{seed}/history.csv"),
        code=code("figures", "stage"),
    output:
        figures("training", ["training"]),
    log:
        "results/{study}/logs/draw_training.log",
    conda:
        "../../envs/prospect.yaml"
    params:
        style=STUDY.figure_params(),
    script:
        "../scripts/draw_training.py"


if STUDY.curves:

    rule draw_curves:
        input:
            shapes="results/{study}/shapes.csv",
            grids=curves(),
            code=code("figures", "store", "tables", "stage"),
        output:
            figures("curves", curve_figures()),
        log:
            "results/{study}/logs/draw_curves.log",
        conda:
            "../../envs/prospect.yaml"
        params:
            style=STUDY.figure_params(),
        script:
            "../scripts/draw_curves.py"


if surfaces():

    rule draw_surfaces:
        input:
            shapes="results/{study}/shapes.csv",
            grids=surfaces(),
            code=code("figures", "store", "tables", "stage"),
        output:
            figures("surfaces", surface_figures()),
        log:
            "results/{study}/logs/draw_surfaces.log",
        conda:
            "../../envs/prospect.yaml"
        params:
            style=STUDY.figure_params(),
        script:
            "../scripts/draw_surfaces.py"


rule draw_atlas:
    input:
        shapes="results/{study}/shapes.csv",
        grids=[*curves(), *surfaces()],
        code=code("figures", "store", "tables", "stage"),
    output:
        figures("atlas", ["atlas"]),
    log:
        "results/{study}/logs/draw_atlas.log",
    conda:
        "../../envs/prospect.yaml"
    params:
        style=STUDY.figure_params(),
    script:
        "../scripts/draw_atlas.py"


rule draw_population:
    input:
        shapes="results/{study}/shapes.csv",
        members="results/{study}/population.csv",
        grids=populations(),
        code=code("figures", "store", "tables", "stage"),
    output:
        figures("population", ["population"]),
    log:
        "results/{study}/logs/draw_population.log",
    conda:
        "../../envs/prospect.yaml"
    params:
        style=STUDY.figure_params(),
    script:
        "../scripts/draw_population.py"


rule draw_mining:
    input:
        mined=mined(),
        code=code("figures", "store", "stage"),
    output:
        figures("mining", ["mining"]),
    log:
        "results/{study}/logs/draw_mining.log",
    conda:
        "../../envs/prospect.yaml"
    params:
        style=STUDY.figure_params(),
    script:
        "../scripts/draw_mining.py"


if mined():

    rule draw_success:
        input:
            success="results/{study}/success.csv",
            code=code("figures", "stage"),
        output:
            figures("success", ["success"]),
        log:
            "results/{study}/logs/draw_success.log",
        conda:
            "../../envs/prospect.yaml"
        params:
            style=STUDY.figure_params(),
        script:
            "../scripts/draw_success.py"


if hessians():

    rule draw_hessian:
        input:
            hessians=hessians(),
            code=code("figures", "store", "stage"),
        output:
            figures("hessian", ["spectrum", "curvature"]),
        log:
            "results/{study}/logs/draw_hessian.log",
        conda:
            "../../envs/prospect.yaml"
        params:
            style=STUDY.figure_params(),
        script:
            "../scripts/draw_hessian.py"


if lenses():

    rule draw_lens:
        input:
            lens="results/{study}/lens.csv",
            code=code("figures", "stage"),
        output:
            figures("lens", ["lens"]),
        log:
            "results/{study}/logs/draw_lens.log",
        conda:
            "../../envs/prospect.yaml"
        params:
            style=STUDY.figure_params(),
        script:
            "../scripts/draw_lens.py"


if eigenplanes():

    rule draw_eigenplanes:
        input:
            shapes="results/{study}/shapes.csv",
            grids=eigenplanes(),
            code=code("figures", "store", "tables", "stage"),
        output:
            figures("eigenplanes", ["eigenplanes"]),
        log:
            "results/{study}/logs/draw_eigenplanes.log",
        conda:
            "../../envs/prospect.yaml"
        params:
            style=STUDY.figure_params(),
        script:
            "../scripts/draw_eigenplanes.py"
