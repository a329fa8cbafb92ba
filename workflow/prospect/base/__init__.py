"""What everything stands on.

errors       the one exception for a user's mistake
files        files that are whole or not there
seals        a checksum inside every file that is read again
seeding      one random generator per purpose
plugins      your own code by import path
progress     done, total, rate and time left, for logs
resume       work that goes on where it was stopped
device       where everything is computed
processes    processes of this machine: whether one still lives
stage        what every script needs around its one library call
references   names of directions, and what follows from them
intervals    shares with their confidence intervals
tasks        what the config says of a task
"""
