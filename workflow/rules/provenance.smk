"""Provenance: what a finished study is, and the hashes of all its files."""

TARGETS = [
    *stages.figure_files(STUDY, ["training", *trajectories.figures(STUDY)]),
    *[file for system in SYSTEMS.values() for file in system.targets()],
    paths.TABLE.format(study=STUDY.name, table="claims.csv"),
    paths.PAGE.format(study=STUDY.name),
]


rule list_files:
    input:
        TARGETS,
        code=code("list_files"),
    output:
        paths.PROVENANCE,
    log:
        paths.log("list_files", "all"),
    benchmark:
        paths.benchmark("list_files", "all")
    localrule: True
    conda:
        "../../envs/prospect.yaml"
    params:
        stage=stages.provenance_params(STUDY),
    script:
        "../scripts/list_files.py"
