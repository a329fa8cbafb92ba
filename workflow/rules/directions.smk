"""Directions: the cheap ones made together, the mined ones one by one."""

if STUDY.made:

    rule make_directions:
        input:
            unpack(direction_inputs),
            code=model_code("directions", "landscapes", "stage"),
        output:
            [
                f"results/{{study}}/{{network}}/seed{{seed}}/directions/{center}/{name}.h5"
                for center, name in STUDY.made
            ],
        log:
            "results/{study}/logs/make_directions/{network}-seed{seed}.log",
        benchmark:
            "results/{study}/benchmarks/make_directions/{network}-seed{seed}.tsv"
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
        params:
            stage=lambda wildcards: STUDY.direction_params(wildcards.network),
        script:
            "../scripts/make_directions.py"


rule mine_pattern:
    input:
        unpack(mining_inputs),
        code=model_code("mining", "landscapes", "stage"),
    output:
        ensure(
            "results/{study}/{network}/seed{seed}/directions/{center}/{pattern}.h5",
            non_empty=True,
        ),
    log:
        "results/{study}/logs/mine_pattern/{network}-seed{seed}-{center}-{pattern}.log",
    benchmark:
        "results/{study}/benchmarks/mine_pattern/{network}-seed{seed}-{center}-{pattern}.tsv"
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    resources:
        gpu=gpu(),
    params:
        stage=lambda wildcards: STUDY.mining_params(
            wildcards.network, wildcards.center, wildcards.pattern
        ),
    script:
        "../scripts/mine_pattern.py"
