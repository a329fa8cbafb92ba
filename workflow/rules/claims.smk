"""Claims of the papers, held against the tables of the study."""

CLAIMS = {name: f"{systems.FOLDER}/{name}/claims.yaml" for name in SYSTEMS}


rule judge_claims:
    input:
        tables=[table for system in SYSTEMS.values() for table in system.tables()],
        claims=[os.path.relpath(path) for path in CLAIMS.values()],
        code=code("judge_claims"),
    output:
        table("claims.csv", "../report/claims.rst"),
    log:
        paths.log("judge_claims", "all"),
    benchmark:
        paths.benchmark("judge_claims", "all")
    localrule: True
    conda:
        "../../envs/prospect.yaml"
    script:
        "../scripts/judge_claims.py"
