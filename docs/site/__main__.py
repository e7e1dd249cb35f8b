"""Write the generated pages: ``python -m docs.site``."""

from docs.site import DOCS, PAGES, name, written

for module in PAGES:
    path, data = DOCS / name(module), written(module)
    if not path.is_file() or path.read_bytes() != data:
        path.write_bytes(data)
        print(path)
