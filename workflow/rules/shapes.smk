"""Shapes: every grid of the study gets its name, in one table."""


rule name_shapes:
    input:
        grids=grids(),
        patterns=collect("config/patterns/{pattern}.txt", pattern=STUDY.patterns),
        code=code("tables", "stage"),
    output:
        shapes=report(
            "results/{study}/shapes.csv",
            category="Tables",
            caption="../report/shapes.rst",
            labels={"table": "shapes"},
        ),
        population=report(
            "results/{study}/population.csv",
            category="Tables",
            caption="../report/members.rst",
            labels={"table": "population"},
        ),
        summary="results/{study}/summary.txt",
    log:
        "results/{study}/logs/name_shapes.log",
    conda:
        "../../envs/prospect.yaml"
    params:
        stage=STUDY.naming_params(),
    script:
        "../scripts/name_shapes.py"
