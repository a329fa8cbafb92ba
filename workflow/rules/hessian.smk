"""The Hessian: analysed at some centers, and held against the curves that were seen."""

if hessians():

    rule analyse_hessian:
        input:
            unpack(hessian_inputs),
            code=model_code("hessian", "landscapes", "stage"),
        output:
            collect(
                "results/{study}/{network}/seed{seed}/hessian/{center}.h5",
                center=STUDY.config["hessian"]["centers"],
                allow_missing=True,
            ),
        log:
            "results/{study}/logs/analyse_hessian/{network}-seed{seed}.log",
        benchmark:
            "results/{study}/benchmarks/analyse_hessian/{network}-seed{seed}.tsv"
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
        params:
            stage=lambda wildcards: STUDY.hessian_params(wildcards.network),
        script:
            "../scripts/analyse_hessian.py"


if lenses():

    rule explain_curves:
        input:
            unpack(curve_inputs),
            code=model_code("lens", "landscapes", "stage"),
        output:
            "results/{study}/{network}/seed{seed}/lens.csv",
        log:
            "results/{study}/logs/explain_curves/{network}-seed{seed}.log",
        benchmark:
            "results/{study}/benchmarks/explain_curves/{network}-seed{seed}.tsv"
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
        params:
            stage=lambda wildcards: STUDY.lens_params(wildcards.network),
        script:
            "../scripts/explain_curves.py"


if hessians():

    rule join_lens:
        input:
            hessians=hessians(),
            lenses=lenses(),
            shapes="results/{study}/shapes.csv",
            code=code("insights", "tables", "stage"),
        output:
            hessian=report(
                "results/{study}/hessian.csv",
                category="Tables",
                caption="../report/hessian.rst",
                labels={"table": "hessian"},
            ),
            lens=report(
                "results/{study}/lens.csv",
                category="Tables",
                caption="../report/lens.rst",
                labels={"table": "lens"},
            ),
            findings=report(
                "results/{study}/findings.txt",
                category="Tables",
                caption="../report/findings.rst",
                labels={"table": "findings"},
            ),
        log:
            "results/{study}/logs/join_lens.log",
        conda:
            "../../envs/prospect.yaml"
        script:
            "../scripts/join_lens.py"
