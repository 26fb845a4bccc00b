"""ACE-Step 1.5 by diffusers' modules: both layouts of its checkpoints, and a faster way through."""
