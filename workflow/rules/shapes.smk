"""Shapes: every grid of the study gets its name, in one table."""


rule name_shapes:
    input:
        grids=grids(),
        tests=tests(),
        mined=mined(),
        patterns=[drawing(pattern) for pattern in STUDY.patterns],
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


if mined():

    rule judge_mining:
        input:
            shapes="results/{study}/shapes.csv",
            grids=[*curves(), *surfaces(), *tests()],
            patterns=[drawing(pattern) for pattern in STUDY.patterns],
            code=code("success", "tables", "stage"),
        output:
            success=report(
                "results/{study}/success.csv",
                category="Tables",
                caption="../report/success.rst",
                labels={"table": "success"},
            ),
            chance=report(
                "results/{study}/chance.csv",
                category="Tables",
                caption="../report/chance.rst",
                labels={"table": "chance"},
            ),
            points=report(
                "results/{study}/mined.csv",
                category="Tables",
                caption="../report/mined.rst",
                labels={"table": "mined points"},
            ),
            findings=report(
                "results/{study}/mining.txt",
                category="Tables",
                caption="../report/mining_findings.rst",
                labels={"table": "mining findings"},
            ),
        log:
            "results/{study}/logs/judge_mining.log",
        conda:
            "../../envs/prospect.yaml"
        script:
            "../scripts/judge_mining.py"
