"""Evaluation: losses along curves, over surfaces and for populations of random directions."""

if STUDY.curves:

    rule evaluate_curves:
        input:
            unpack(of_job(stages.curve_inputs)),
            code=code("evaluate_grids"),
        output:
            stages.grid_outputs(paths.GRID, stages.curve_keys(STUDY)),
        log:
            paths.log("evaluate_curves"),
        benchmark:
            paths.benchmark("evaluate_curves")
        group:
            together(of_job(sizes.curve_seconds))
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(sizes.curve_seconds)),
        params:
            stage=of_job(stages.curve_params),
        script:
            "../scripts/evaluate_grids.py"


rule evaluate_surface_shard:
    input:
        unpack(of_job(stages.surface_shard_inputs)),
        code=code("evaluate_shard"),
    output:
        temp(paths.SHARD.replace("{key}", paths.key_of("surface", "{surface}"))),
    log:
        paths.log("evaluate_surface_shard", "{network}-seed{seed}-{surface}-{shard}"),
    benchmark:
        paths.benchmark(
            "evaluate_surface_shard", "{network}-seed{seed}-{surface}-{shard}"
        )
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    resources:
        **asked(of_job(sizes.surface_seconds), sizes.surface_memory),
    params:
        stage=of_job(stages.surface_shard_params),
    script:
        "../scripts/evaluate_shard.py"


rule evaluate_surface:
    input:
        unpack(of_job(stages.surface_inputs)),
        code=code("evaluate_grids"),
    output:
        ensure(paths.SURFACE, non_empty=True),
    log:
        paths.log("evaluate_surface", "{network}-seed{seed}-{surface}"),
    benchmark:
        paths.benchmark("evaluate_surface", "{network}-seed{seed}-{surface}")
    group:
        together(of_job(sizes.surface_seconds), of_job(stages.surface_shards))
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    resources:
        **asked(of_job(sizes.surface_seconds), sizes.surface_memory),
    params:
        stage=of_job(stages.surface_params),
    script:
        "../scripts/evaluate_grids.py"


rule evaluate_population_shard:
    input:
        unpack(of_job(stages.population_shard_inputs)),
        code=code("evaluate_shard"),
    output:
        temp(paths.SHARD.replace("{key}", paths.key_of("population", "{population}"))),
    log:
        paths.log(
            "evaluate_population_shard", "{network}-seed{seed}-{population}-{shard}"
        ),
    benchmark:
        paths.benchmark(
            "evaluate_population_shard", "{network}-seed{seed}-{population}-{shard}"
        )
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    resources:
        **asked(of_job(sizes.population_seconds)),
    params:
        stage=of_job(stages.population_shard_params),
    script:
        "../scripts/evaluate_shard.py"


rule evaluate_population:
    input:
        unpack(of_job(stages.population_inputs)),
        code=code("evaluate_population"),
    output:
        ensure(paths.POPULATION, non_empty=True),
    log:
        paths.log("evaluate_population", "{network}-seed{seed}-{population}"),
    benchmark:
        paths.benchmark("evaluate_population", "{network}-seed{seed}-{population}")
    group:
        together(of_job(sizes.population_seconds), of_job(stages.population_shards))
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    resources:
        **asked(of_job(sizes.population_seconds)),
    params:
        stage=of_job(stages.population_params),
    script:
        "../scripts/evaluate_population.py"
