"""The page: all that there is to look at, turn and compare, in one file."""

from prospect.page import inputs as page_inputs

OF_SYSTEMS = page_inputs.of_systems(STUDY)
ASSETS = LIBRARY / "prospect" / "page" / "assets"


rule make_page:
    input:
        **page_inputs.of_study(STUDY),
        **page_inputs.flat(OF_SYSTEMS),
        assets=sorted(map(os.path.relpath, ASSETS.iterdir())),
        panels=sorted({file for name in SYSTEMS for file in code_of_panels(name)}),
        code=code("make_page"),
    output:
        paths.PAGE,
    log:
        paths.log("make_page", "all"),
    benchmark:
        paths.benchmark("make_page", "all")
    localrule: True
    conda:
        "../../envs/prospect.yaml"
    params:
        words=page_inputs.words(STUDY, workflow.config_settings.configfiles),
        systems={name: sorted(parts) for name, parts in OF_SYSTEMS.items()},
        style=stages.figure_params(STUDY),
    script:
        "../scripts/make_page.py"
