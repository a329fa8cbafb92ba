"""Training: one run for every network and seed; a rule a network, as each keeps its own epochs."""


rule make_midpoint:
    input:
        unpack(midpoint_inputs),
        code=code("checkpoints", "stage"),
    output:
        "results/{study}/{network}/seed{seed}/midpoints/{center}.safetensors",
    log:
        "results/{study}/logs/make_midpoint/{network}-seed{seed}-{center}.log",
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    script:
        "../scripts/make_midpoint.py"


for network in STUDY.networks:

    rule:
        name:
            f"train_{network}"
        input:
            code=model_code("training", "networks", "data", "checkpoints", "stage"),
        output:
            history=f"results/{{study}}/{network}/seed{{seed}}/history.csv",
            checkpoints=[
                f"results/{{study}}/{network}/seed{{seed}}/checkpoints/epoch{epoch}.safetensors"
                for epoch in STUDY.epochs(network)
            ],
        log:
            f"results/{{study}}/logs/train_network/{network}-seed{{seed}}.log",
        benchmark:
            f"results/{{study}}/benchmarks/train_network/{network}-seed{{seed}}.tsv"
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
        params:
            stage=STUDY.training_params(network),
        script:
            "../scripts/train_network.py"
