"""Mining: patterns mined, shapes named, mining judged, the Hessian held against the curves.

stage                files under results/{study}
mine_pattern         {network}/seed{seed}/directions/{center}/{pattern}.h5
evaluate_test_*      {network}/seed{seed}/test/curves/{curve}.h5, test/surfaces/{surface}.h5
explain_curves       {network}/seed{seed}/lens.csv
name_shapes          shapes.csv, population.csv, bands.csv, summary.txt
judge_mining         success.csv, chance.csv, mined.csv, mining.txt
join_lens            hessian.csv, densities.csv, lens.csv, findings.txt
draw_*               figures/{figure}.pdf and .png
"""

from prospect.systems.mining import system

MINING = SYSTEMS["mining"]
FIGURES = MINING.figures()


rule mine_pattern:
    input:
        unpack(of_job(MINING.mining_inputs)),
        code=code("mine_pattern", "mining"),
    output:
        ensure(paths.DIRECTION.replace("{direction}", "{pattern}"), non_empty=True),
    log:
        paths.log("mine_pattern", "{network}-seed{seed}-{center}-{pattern}"),
    benchmark:
        paths.benchmark("mine_pattern", "{network}-seed{seed}-{center}-{pattern}")
    group:
        together(of_job(MINING.mining_seconds))
    conda:
        "../../../../envs/prospect.yaml"
    threads: 1
    resources:
        **asked(of_job(MINING.mining_seconds)),
    params:
        stage=of_job(MINING.mining_params),
    script:
        "scripts/mine_pattern.py"


for network in filter(MINING.tested, STUDY.networks):

    rule:
        name:
            f"evaluate_test_{network}"
        input:
            unpack(of_job(MINING.test_inputs)),
            code=code("evaluate_grids"),
        output:
            stages.grid_outputs(paths.TEST_GRID, MINING.tested(network)),
        log:
            paths.log("evaluate_test"),
        benchmark:
            paths.benchmark("evaluate_test")
        wildcard_constraints:
            network=re.escape(network),
        group:
            together(of_job(MINING.test_seconds))
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(MINING.test_seconds)),
        params:
            stage=MINING.test_params(network),
        script:
            "../../../scripts/evaluate_grids.py"


rule name_shapes:
    input:
        grids=MINING.grid_files(),
        tests=MINING.test_files(),
        mined=MINING.mined_files(),
        patterns=MINING.pattern_files(),
        code=code("name_shapes", "mining"),
    output:
        shapes=table("shapes.csv", "report/shapes.rst"),
        population=table("population.csv", "report/members.rst"),
        bands=table("bands.csv", "report/bands.rst"),
        summary=paths.TABLE.replace("{table}", "summary.txt"),
    log:
        paths.log("name_shapes", "all"),
    benchmark:
        paths.benchmark("name_shapes", "all")
    localrule: True
    conda:
        "../../../../envs/prospect.yaml"
    params:
        stage=MINING.naming_params(),
    script:
        "scripts/name_shapes.py"


if MINING.mined_files():

    rule judge_mining:
        input:
            shapes=rules.name_shapes.output.shapes,
            grids=[*stages.curve_files(STUDY), *stages.surface_files(STUDY)],
            tests=MINING.test_files(),
            patterns=MINING.pattern_files(),
            code=code("judge_mining", "mining"),
        output:
            success=table("success.csv", "report/success.rst"),
            chance=table("chance.csv", "report/chance.rst"),
            mined=table("mined.csv", "report/mined.rst"),
            findings=table("mining.txt", "report/mining_findings.rst"),
        log:
            paths.log("judge_mining", "all"),
        benchmark:
            paths.benchmark("judge_mining", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        script:
            "scripts/judge_mining.py"


if MINING.lens_files():

    rule explain_curves:
        input:
            unpack(of_job(stages.curve_inputs)),
            code=code("explain_curves", "mining"),
        output:
            system.LENS,
        log:
            paths.log("explain_curves"),
        benchmark:
            paths.benchmark("explain_curves")
        group:
            together(of_job(MINING.lens_seconds))
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(MINING.lens_seconds), sizes.lens_memory),
        params:
            stage=of_job(MINING.lens_params),
        script:
            "scripts/explain_curves.py"


if STUDY.config["hessian"]:

    rule join_lens:
        input:
            hessians=stages.hessian_files(STUDY),
            lenses=MINING.lens_files(),
            shapes=rules.name_shapes.output.shapes,
            code=code("join_lens", "mining"),
        output:
            hessian=table("hessian.csv", "report/hessian.rst"),
            densities=table("densities.csv", "report/hessian.rst"),
            lens=table("lens.csv", "report/lens.rst"),
            findings=table("findings.txt", "report/findings.rst"),
        log:
            paths.log("join_lens", "all"),
        benchmark:
            paths.benchmark("join_lens", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        script:
            "scripts/join_lens.py"


if "curves" in FIGURES:

    rule draw_curves:
        input:
            shapes=rules.name_shapes.output.shapes,
            grids=stages.curve_files(STUDY),
            code=code("draw_curves", "mining"),
        output:
            figure(FIGURES["curves"], "curves", "report/curves.rst"),
        log:
            paths.log("draw_curves", "all"),
        benchmark:
            paths.benchmark("draw_curves", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_curves.py"


if "surfaces" in FIGURES:

    rule draw_surfaces:
        input:
            shapes=rules.name_shapes.output.shapes,
            grids=stages.surface_files(STUDY),
            code=code("draw_surfaces", "mining"),
        output:
            figure(FIGURES["surfaces"], "surfaces", "report/surfaces.rst"),
        log:
            paths.log("draw_surfaces", "all"),
        benchmark:
            paths.benchmark("draw_surfaces", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_surfaces.py"


if "comparisons" in FIGURES:

    rule draw_comparisons:
        input:
            shapes=rules.name_shapes.output.shapes,
            grids=stages.surface_files(STUDY),
            code=code("draw_comparisons", "mining"),
        output:
            figure(FIGURES["comparisons"], "surfaces", "report/comparisons.rst"),
        log:
            paths.log("draw_comparisons", "all"),
        benchmark:
            paths.benchmark("draw_comparisons", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_comparisons.py"


if "atlas" in FIGURES:

    rule draw_atlas:
        input:
            shapes=rules.name_shapes.output.shapes,
            grids=[*stages.curve_files(STUDY), *stages.surface_files(STUDY)],
            code=code("draw_atlas", "mining"),
        output:
            figure(FIGURES["atlas"], "atlas", "report/atlas.rst"),
        log:
            paths.log("draw_atlas", "all"),
        benchmark:
            paths.benchmark("draw_atlas", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_atlas.py"


if "populations" in FIGURES:

    rule draw_populations:
        input:
            shapes=rules.name_shapes.output.shapes,
            members=rules.name_shapes.output.population,
            bands=rules.name_shapes.output.bands,
            grids=stages.population_files(STUDY),
            code=code("draw_populations", "mining"),
        output:
            figure(FIGURES["populations"], "populations", "report/populations.rst"),
        log:
            paths.log("draw_populations", "all"),
        benchmark:
            paths.benchmark("draw_populations", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_populations.py"


if "mining" in FIGURES:

    rule draw_mining:
        input:
            mined=MINING.mined_files(),
            success=rules.judge_mining.output.success,
            code=code("draw_mining", "mining"),
        output:
            figure(FIGURES["mining"], "mining", "report/mining.rst"),
        log:
            paths.log("draw_mining", "all"),
        benchmark:
            paths.benchmark("draw_mining", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_mining.py"


if "hessian" in FIGURES:

    rule draw_hessian:
        input:
            hessians=stages.hessian_files(STUDY),
            densities=rules.join_lens.output.densities,
            code=code("draw_hessian", "mining"),
        output:
            figure(FIGURES["hessian"], "hessian", "report/hessian.rst"),
        log:
            paths.log("draw_hessian", "all"),
        benchmark:
            paths.benchmark("draw_hessian", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_hessian.py"


if "lens" in FIGURES:

    rule draw_lens:
        input:
            lens=rules.join_lens.output.lens,
            code=code("draw_lens", "mining"),
        output:
            figure(FIGURES["lens"], "lens", "report/lens.rst"),
        log:
            paths.log("draw_lens", "all"),
        benchmark:
            paths.benchmark("draw_lens", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_lens.py"


if "eigenplanes" in FIGURES:

    rule draw_eigenplanes:
        input:
            shapes=rules.name_shapes.output.shapes,
            grids=MINING.eigenplane_files(),
            code=code("draw_eigenplanes", "mining"),
        output:
            figure(FIGURES["eigenplanes"], "eigenplanes", "report/eigenplanes.rst"),
        log:
            paths.log("draw_eigenplanes", "all"),
        benchmark:
            paths.benchmark("draw_eigenplanes", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_eigenplanes.py"
