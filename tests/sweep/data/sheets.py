"""Spreadsheets, as few bytes as their readers take."""

import io
import zipfile
from xml.sax.saxutils import escape

_OFFICE = "http://schemas.openxmlformats.org"
_SHEET = f"{_OFFICE}/spreadsheetml/2006/main"
_LINKS = f"{_OFFICE}/package/2006/relationships"
_LINK = f"{_OFFICE}/officeDocument/2006/relationships"


def xlsx(*sheets):
    """Return an Excel workbook; a sheet is a list of rows, or its XML."""
    entries = "".join(
        f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, len(sheets) + 1)
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_LINK}/worksheet" Target="worksheets/s{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    held = {
        "_rels/.rels": f'<Relationships xmlns="{_LINKS}"><Relationship Id="r1" '
        f'Type="{_LINK}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_LINK}"><sheets>{entries}'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_LINKS}">{links}</Relationships>',
    }
    for n, sheet in enumerate(sheets, 1):
        rows = sheet if isinstance(sheet, str) else "".join(_rows(sheet))
        held[f"xl/worksheets/s{n}.xml"] = (
            f'<worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return _archive(held)


def cell(place, value):
    """Return the XML of a cell of a workbook."""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def ods(rows):
    """Return an OpenDocument spreadsheet."""
    body = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
    )
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" '
        f'xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="S1">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{mimetype}"/></manifest:manifest>'
    )
    return _archive(
        {"mimetype": mimetype, "content.xml": content, "META-INF/manifest.xml": manifest}
    )


def _ods_cell(value):
    if value == "":
        return "<table:table-cell/>"
    kind, held = {
        bool: ("boolean", f'boolean-value="{str(value).lower()}"'),
        str: ("string", f'string-value="{value}"'),
    }.get(type(value), ("float", f'value="{value}"'))
    return (
        f'<table:table-cell office:value-type="{kind}" office:{held}><text:p>{value}</text:p>'
        "</table:table-cell>"
    )


def _rows(rows):
    for number, row in enumerate(rows, 1):
        cells = (cell(f"{chr(65 + at)}{number}", v) for at, v in enumerate(row) if v != "")
        yield f'<row r="{number}">{"".join(cells)}</row>'


def _archive(held):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return file.getvalue()
