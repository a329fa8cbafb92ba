"""Exports: surfaces as files for other programs, made where they are asked for by name."""


rule export_surface:
    input:
        surface=paths.SURFACE,
        code=code("export_surface"),
    output:
        paths.EXPORT,
    log:
        paths.log("export_surface", "{network}-seed{seed}-{surface}-{form}"),
    benchmark:
        paths.benchmark("export_surface", "{network}-seed{seed}-{surface}-{form}")
    wildcard_constraints:
        form="vtr|ply|csv",
    localrule: True
    conda:
        "../../envs/prospect.yaml"
    script:
        "../scripts/export_surface.py"
