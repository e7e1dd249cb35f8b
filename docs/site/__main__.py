"""Write the generated pages: ``python -m docs.site``."""

from docs.site import DOCS, pages

for name, data in pages().items():
    path = DOCS / name
    if not path.is_file() or path.read_bytes() != data:
        path.write_bytes(data)
        print(path)
