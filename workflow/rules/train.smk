"""Training: one run for every network and seed."""


rule train_network:
    input:
        code=model_code("training", "networks", "data", "store", "objective", "stage"),
    output:
        history="results/{study}/{network}/seed{seed}/history.csv",
        checkpoints=collect(
            "results/{study}/{network}/seed{seed}/checkpoints/epoch{epoch}.safetensors",
            epoch=STUDY.epochs,
            allow_missing=True,
        ),
    log:
        "results/{study}/logs/train_network/{network}-seed{seed}.log",
    benchmark:
        "results/{study}/benchmarks/train_network/{network}-seed{seed}.tsv"
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    resources:
        gpu=gpu(),
    params:
        stage=lambda wildcards: STUDY.training_params(wildcards.network),
    script:
        "../scripts/train_network.py"
