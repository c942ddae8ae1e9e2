"""A one-page PDF that says it is a sample: the demo's organisations hand in something, and nobody mistakes it."""

SAMPLE = "SAMPLE - stands for nobody real"
FROM_PUBLIC_SOURCES = "Entered from public sources; no paper was handed in"


def sample_paper(name: str, sentence: str = SAMPLE) -> bytes:
    """A valid PDF with one line of text; characters outside ASCII are left out."""
    words = "".join(ch for ch in f"{sentence} - {name}" if " " <= ch <= "~" and ch not in "()\\")
    text = f"BT /F1 14 Tf 60 760 Td ({words}) Tj ET".encode("ascii")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length " + str(len(text)).encode() + b" >>\nstream\n" + text + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += str(number).encode() + b" 0 obj\n" + part + b"\nendobj\n"
    table = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    start = len(body)
    count = str(len(parts) + 1).encode()
    body += b"xref\n0 " + count + b"\n0000000000 65535 f \n" + table
    return body + b"trailer << /Size " + count + b" /Root 1 0 R >>\nstartxref\n" + str(start).encode() + b"\n%%EOF\n"
