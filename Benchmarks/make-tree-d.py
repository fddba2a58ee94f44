"""make-tree-d.py DIR: 200,000 entries and 5 GB, the same wherever this runs: 10,000 directories of 19 files each, with
sizes from 0 to about 340 KB as installed packages have them, half of the bytes noise and half of them text."""

import os
import random
import sys

DIRECTORIES, FILES, TOTAL = 10_000, 19, 5_000_000_000


def main(root: str) -> None:
    chance = random.Random(5)
    noise = chance.randbytes(1 << 20)
    text = b"".join(b"line %d of some text that compresses\n" % chance.randrange(1000) for _ in range(32_000))
    # Pieces of both in turn, so that every part of it compresses about the same.
    pool = b"".join(noise[i : i + 8192] + text[i : i + 8192] for i in range(0, 1 << 20, 8192))
    weights = [chance.paretovariate(1.2) for _ in range(DIRECTORIES * FILES)]
    weights = [min(weight, 13.0 * 1.9) for weight in weights]
    scale = TOTAL / sum(weights)
    for number in range(DIRECTORIES):
        path = os.path.join(root, f"packages/group-{number // 100:03}/package-{number % 100:03}")
        os.makedirs(path)
        for index in range(FILES):
            size = int(weights[number * FILES + index] * scale)
            start = chance.randrange(len(pool) // 2)
            with open(os.path.join(path, f"module_{index:02}.py"), "wb") as file:
                while size > 0:
                    piece = pool[start : start + size]
                    file.write(piece)
                    size -= len(piece)
                    start = 0


main(sys.argv[1])
