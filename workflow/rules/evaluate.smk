"""Evaluation: losses along curves, over surfaces and for populations of random directions."""

if STUDY.curves:

    rule evaluate_curves:
        input:
            unpack(curve_inputs),
            code=model_code("landscapes", "stage"),
        output:
            collect(
                "results/{study}/{network}/seed{seed}/curves/{curve}.h5",
                curve=STUDY.curves,
                allow_missing=True,
            ),
        log:
            "results/{study}/logs/evaluate_curves/{network}-seed{seed}.log",
        benchmark:
            "results/{study}/benchmarks/evaluate_curves/{network}-seed{seed}.tsv"
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
        params:
            stage=lambda wildcards: STUDY.grid_params(
                wildcards.network, [f"curves/{name}" for name in STUDY.curves]
            ),
        script:
            "../scripts/evaluate_grids.py"


rule evaluate_surface:
    input:
        unpack(surface_inputs),
        code=model_code("landscapes", "stage"),
    output:
        ensure(
            "results/{study}/{network}/seed{seed}/surfaces/{surface}.h5",
            non_empty=True,
        ),
    log:
        "results/{study}/logs/evaluate_surface/{network}-seed{seed}-{surface}.log",
    benchmark:
        "results/{study}/benchmarks/evaluate_surface/{network}-seed{seed}-{surface}.tsv"
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    resources:
        gpu=gpu(),
    params:
        stage=lambda wildcards: STUDY.grid_params(
            wildcards.network, [f"surfaces/{wildcards.surface}"]
        ),
    script:
        "../scripts/evaluate_grids.py"


for network in filter(STUDY.tested, STUDY.networks):

    rule:
        name:
            f"evaluate_test_{network}"
        input:
            unpack(test_inputs),
            code=model_code("landscapes", "stage"),
        output:
            [
                f"results/{{study}}/{{network}}/seed{{seed}}/test/{name}.h5"
                for name in STUDY.tested(network)
            ],
        log:
            "results/{study}/logs/evaluate_test/{network}-seed{seed}.log",
        benchmark:
            "results/{study}/benchmarks/evaluate_test/{network}-seed{seed}.tsv"
        wildcard_constraints:
            network=network,
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
        params:
            stage=STUDY.grid_params(network, STUDY.tested(network), test=True),
        script:
            "../scripts/evaluate_grids.py"


rule evaluate_population:
    input:
        unpack(population_inputs),
        code=model_code("landscapes", "stage"),
    output:
        ensure(
            "results/{study}/{network}/seed{seed}/population.h5",
            non_empty=True,
        ),
    log:
        "results/{study}/logs/evaluate_population/{network}-seed{seed}.log",
    benchmark:
        "results/{study}/benchmarks/evaluate_population/{network}-seed{seed}.tsv"
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    resources:
        gpu=gpu(),
    params:
        stage=lambda wildcards: STUDY.population_params(wildcards.network),
    script:
        "../scripts/evaluate_population.py"
