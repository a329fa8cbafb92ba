"""Show why the side of growing weights is flat, without a network (rule ``demonstrate``)."""

from prospect.base import files, stage
from prospect.systems.valleys import theory

with stage.running(snakemake):
    draws, output = range(snakemake.params.stage["draws"]), snakemake.output
    softmax, relu = theory.softmax_demonstration(draws), theory.relu_simulation(draws)
    files.write_texts(
        {
            output.softmax: files.as_text(softmax),
            output.relu: files.as_text(relu),
            output.theory: files.as_text(theory.differences({"softmax": softmax, "relu": relu})),
        }
    )
