"""Office XML and the green book. The EPO and CNIPA documents are written for these tests in the shape of the real ones."""

# ruff: noqa: E501 - rows and documents stand as they do in files

from __future__ import annotations

from datetime import date

import pytest

from listings.patents.readers import RawRecord, Rejection, read
from listings.patents.record import EventIn
from tests.patents.reading import SAMPLES, instead, put, records, rejections

OPS = (
    '<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet type="text/xsl" href="/x.xsl"?>'
    '<ops:world-patent-data xmlns="http://www.epo.org/exchange" xmlns:ops="http://ops.epo.org">%s</ops:world-patent-data>'
)


def doc_id(office: str, number: str, kind: str = "", on: str = "", form: str = "docdb") -> str:
    kind, on = f"<kind>{kind}</kind>" if kind else "", f"<date>{on}</date>" if on else ""
    country = f"<country>{office}</country>" if form == "docdb" else ""
    return f'<document-id document-id-type="{form}">{country}<doc-number>{number}</doc-number>{kind}{on}</document-id>'


def exchange(kind: str = "A", on: str = "20151007") -> str:
    return f"""<exchange-document family-id="77" country="CN" doc-number="104968889" kind="{kind}"><bibliographic-data>
    <publication-reference>{doc_id("CN", "104968889", kind, on)}</publication-reference>
    <classifications-ipcr><classification-ipcr><text>E21B  47/  0228            A I  </text></classification-ipcr>
    </classifications-ipcr>
    <patent-classifications><patent-classification><section>E</section><class>21</class><subclass>B</subclass>
    <main-group>47</main-group><subgroup>022</subgroup></patent-classification></patent-classifications>
    <application-reference>{doc_id("CN", "201380062258", "A")}{doc_id("", "CN20138062258", on="20131011", form="epodoc")}
    </application-reference>
    <priority-claims><priority-claim>{doc_id("", "NL19981010536", on="19981112", form="epodoc")}
    {doc_id("", "1010536", form="original")}</priority-claim>
    <priority-claim>{doc_id("", "US201261713164P", on="20121012", form="epodoc")}</priority-claim></priority-claims>
    <parties><applicants><applicant sequence="1" data-format="epodoc"><applicant-name><name>FIRM [NL]</name></applicant-name>
    </applicant><applicant sequence="1" data-format="original"><applicant-name><name>Firm B.V.,</name></applicant-name>
    </applicant></applicants></parties>
    <invention-title lang="zh">一种装置</invention-title><invention-title lang="en">Device</invention-title>
    <invention-title lang="fr">Dispositif</invention-title>
    <references-cited><citation cited-by="examiner"><patcit>{doc_id("US", "5321893", "A")}</patcit><category>X</category>
    </citation><citation><nplcit><text>A book.</text></nplcit></citation></references-cited>
    </bibliographic-data><abstract lang="en"><p>Own words.</p></abstract></exchange-document>"""


def test_epo_biblio_and_full_cycle(tmp_path):
    body = f"<exchange-documents>{exchange()}{exchange('B', '20180102')}</exchange-documents>"
    first, grant = records(put(tmp_path, "x.xml", OPS % body))
    assert (first.source, first.office, first.kind, first.partial) == ("epo_ops", "CN", "invention", False)
    assert (first.application_number, first.publication_number, first.kind_code) == ("201380062258.8", "104968889", "A")
    assert (first.filed_on, first.published_on) == (date(2013, 10, 11), date(2015, 10, 7))
    assert (first.title_zh, first.title_en, first.title_other) == ("一种装置", "Device", {"fr": "Dispositif"})
    assert first.priority == [("NL", "1010536", date(1998, 11, 12)), ("US", "61/713164", date(2012, 10, 12))]
    assert (first.ipc, first.cpc) == (["E21B 47/0228"], ["E21B 47/022"])
    assert [(p.role, p.name, p.country) for p in first.parties] == [("applicant", "Firm B.V.", "NL")]
    assert (first.citations[0].number, first.citations[0].category, first.citations[0].by) == (
        "5321893",
        "X",
        "examiner",
    )
    assert first.citations[1].text == "A book."
    assert first.family_id == "77"
    assert (grant.granted_on, grant.grant_number) == (date(2018, 1, 2), "201380062258.8")


def test_epo_claims_run_together_are_parted(tmp_path):
    body = f"""<ftxt:fulltext-documents xmlns="http://www.epo.org/fulltext" xmlns:ftxt="http://www.epo.org/fulltext">
    <ftxt:fulltext-document><bibliographic-data><publication-reference data-format="docdb">
    {doc_id("WO", "2018148832", "A1").replace(' document-id-type="docdb"', "")}</publication-reference></bibliographic-data>
    <claims lang="EN"><claim><claim-text>CLAI MS 1. A rod of 2. 5 mm. 2. The rod of claim 1. 3. The rod of claim 2.</claim-text>
    </claim></claims></ftxt:fulltext-document></ftxt:fulltext-documents>"""
    (record,) = records(put(tmp_path, "x.xml", OPS % body))
    assert record.partial
    assert (record.office, record.publication_number) == ("WO", "2018148832")
    assert record.claims == ["1. A rod of 2. 5 mm.", "2. The rod of claim 1.", "3. The rod of claim 2."]
    assert record.first_claim == record.claims[0]


def member(office: str, number: str, kind: str, application: str, legal: str = "") -> str:
    return f"""<ops:family-member family-id="9"><publication-reference>{doc_id(office, number, kind, "20150819")}
    </publication-reference><application-reference>{doc_id(office, application, "A", "20131011")}</application-reference>
    {legal}</ops:family-member>"""


def test_epo_family_and_legal_events_belong_to_the_publication_asked_for(tmp_path):
    event = """<ops:legal code="%s" desc="%s"><ops:L001EP>%s</ops:L001EP><ops:L007EP>2016-02-03</ops:L007EP>
    <ops:L500EP><ops:L520EP desc="Year">03</ops:L520EP></ops:L500EP></ops:legal>"""
    body = f"""<ops:patent-family><ops:publication-reference>{doc_id("EP", "2906782", "A2")}</ops:publication-reference>
    {member("EP", "2906782", "A2", "13844704", event % ("PGFP", "ANNUAL FEE PAID", "EP"))}
    {member("EP", "2906782", "A4", "13844704", event % ("PGFP", "ANNUAL FEE PAID", "EP"))}
    {member("CA", "2887530", "A1", "2887530", event % ("EEER", "REQUEST", "CA"))}</ops:patent-family>"""
    (record,) = records(put(tmp_path, "x.xml", OPS % body))
    assert record.partial
    assert (record.publication_number, record.application_number) == ("2906782", "13844704")
    assert record.family == ["EP-2906782-A2", "EP-2906782-A4", "CA-2887530-A1"]
    assert record.events == [EventIn("PGFP", date(2016, 2, 3), "EP", "U", text_en="ANNUAL FEE PAID. Year: 03")]


def test_epo_searches_images_and_number_service(tmp_path):
    line = f'<ops:publication-reference family-id="5">{doc_id("US", "2016162711", "A1")}</ops:publication-reference>'
    search = "<ops:biblio-search><ops:query>x</ops:query><ops:search-result>%s</ops:search-result></ops:biblio-search>"
    found = records(put(tmp_path, "s.xml", OPS % (search % (line * 3))))
    assert [(r.publication_number, r.family_id, r.partial) for r in found] == [("20160162711", "5", True)] * 3
    images = f"""<ops:document-inquiry><ops:publication-reference>{doc_id("CA", "2944968", "A1")}</ops:publication-reference>
    <ops:inquiry-result><publication-reference>{doc_id("CA", "2944968", "A1")}</publication-reference>
    <ops:document-instance desc="FullDocument" number-of-pages="29"/></ops:inquiry-result></ops:document-inquiry>"""
    (record,) = records(put(tmp_path, "i.xml", OPS % images))
    assert (record.publication_number, record.extras) == ("2944968", {"pages": "29"})
    service = f"<ops:standardization><ops:input>{doc_id('EP', '1')}</ops:input></ops:standardization>"
    assert instead(put(tmp_path, "n.xml", OPS % service)) == "number_service"
    assert (
        instead(put(tmp_path, "e.xml", OPS % '<ops:biblio-search total-result-count="0"/>')) == "search_without_results"
    )


def test_epo_register_finds_its_number_in_the_question(tmp_path):
    body = """<ops:register-search><ops:query syntax="CQL">publication=EP3221665</ops:query>
    <reg:register-documents xmlns:reg="http://www.epo.org/register"><reg:register-document date-produced="20190302" status="Live">
    <reg:procedural-data><reg:procedural-step><reg:procedural-step-code>RFEE</reg:procedural-step-code>
    <reg:procedural-step-date><reg:date>20171113</reg:date></reg:procedural-step-date></reg:procedural-step>
    </reg:procedural-data></reg:register-document></reg:register-documents></ops:register-search>"""
    (record,) = records(put(tmp_path, "r.xml", OPS % body))
    assert (record.office, record.publication_number, record.as_of) == ("EP", "3221665", date(2019, 3, 2))
    assert [(e.code, e.on, e.category) for e in record.events] == [("RFEE", date(2017, 11, 13), "U")]


def test_a_document_without_a_number_is_rejected_and_the_next_one_read(tmp_path):
    broken = exchange().replace("104968889", "")
    items = list(read(put(tmp_path, "x.xml", OPS % f"<exchange-documents>{broken}{exchange()}</exchange-documents>")))
    assert [type(item) for item in items] == [Rejection, RawRecord]
    assert items[0].code == "no_number"


def test_uspto_grant_of_2014():
    (record,) = records(SAMPLES / "US08926509_short.xml")
    assert (record.publication_number, record.kind_code, record.application_number) == ("8926509", "B2", "12/134151")
    assert (record.filed_on, record.granted_on, record.as_of) == (
        date(2008, 6, 5),
        date(2015, 1, 6),
        date(2014, 12, 19),
    )
    assert record.title_en == "Wireless physiological sensor patches and systems"
    assert record.ipc[:2] == ["A61B 5/00", "A61B 5/0205"]
    assert record.cpc[:2] == ["A61B 5/0205", "A61B 5/0024"]
    assert record.priority == [("US", "60/968023", date(2007, 8, 24))]
    assert len(record.claims) == 2
    assert len(record.citations) == 3
    assert record.citations[0].by == "applicant"
    assert record.extras == {"term_extension_days": "605"}
    assert [p.name for p in record.parties if p.role == "assignee"] == ["Hmicro, Inc."]


def test_uspto_sgml_of_2002_with_names_of_characters():
    (record,) = records(SAMPLES / "US06336130.xml")
    assert (record.publication_number, record.kind_code, record.application_number) == ("6336130", "B1", "09/413215")
    assert record.ipc == ["G06F 15/16", "G06F 13/00"]
    assert record.priority == [("NO", "971605", date(1997, 4, 8))]
    assert len(record.claims) == 22
    assert [p.name for p in record.parties if p.role == "inventor"] == ["Do, Thanh Van"]
    assert any("‘Intelligence on Demand’" in c.text for c in record.citations)
    assert any("Handegåard" in c.text for c in record.citations)


def test_uspto_application_of_2001():
    (record,) = records(SAMPLES / "US20010000044A1.xml")
    assert (record.publication_number, record.kind_code, record.application_number) == (
        "20010000044",
        "A1",
        "09/342866",
    )
    assert (record.filed_on, record.published_on, record.granted_on) == (date(1999, 6, 29), date(2001, 3, 15), None)
    assert record.ipc == ["G06F 17/60"]
    assert len(record.claims) == 21
    assert record.parties[0].name == "Lin, Wayne W"


def test_green_book_of_1982():
    (record,) = records(SAMPLES / "US04347903.greenbook")
    assert (record.publication_number, record.kind_code, record.application_number) == ("4347903", "A", "06/192529")
    assert (record.filed_on, record.granted_on) == (date(1980, 3, 10), date(1982, 9, 7))
    assert record.ipc == ["G01G 19/04", "G01G 23/10", "G06F 7/28"]
    assert len(record.claims) == 3
    assert record.priority[0][0] == "JP"
    assert {p.country for p in record.parties if p.role == "inventor"} == {"JP"}


def test_a_weekly_file_of_many_documents_loses_only_the_broken_one(tmp_path):
    good = (SAMPLES / "US08926509_short.xml").read_bytes().strip()
    broken = good.replace(b"</us-bibliographic-data-grant>", b"", 1)
    path = put(tmp_path, "week.xml", b"\n".join([good, broken, good, good]))
    items = list(read(path))
    assert [type(item) for item in items] == [RawRecord, Rejection, RawRecord, RawRecord]
    assert (items[1].code, items[1].number) == ("bad_xml", "08926509")
    lines_each = good.count(b"\n") + 1
    assert items[1].line == lines_each + 1
    green = (SAMPLES / "US04347903.greenbook").read_bytes()
    assert len(records(put(tmp_path, "week.txt", green * 3))) == 3


CNIPA = """<?xml version="1.0" encoding="%s"?>
<business:PatentDocumentAndRelated xmlns:business="urn:b" xmlns:base="urn:a" xsdVersion="V2.2.1" country="CN"
 docNumber="110123456" kind="B" datePublication="20210309" dateProduced="20210310" status="C" lang="zh">
<business:BibliographicData>
<business:PublicationReference><base:DocumentID><base:WIPOST3Code>CN</base:WIPOST3Code><base:DocNumber>110123456</base:DocNumber>
<base:Kind>B</base:Kind><base:Date>20210309</base:Date></base:DocumentID></business:PublicationReference>
<business:ApplicationReference applType="10"><base:DocumentID><base:WIPOST3Code>CN</base:WIPOST3Code>
<base:DocNumber>%s</base:DocNumber><base:Date>20190618</base:Date></base:DocumentID></business:ApplicationReference>
<business:ClassificationIPCRDetails><business:ClassificationIPCR><base:Text>C08F   14/18        (2006.01) I</base:Text>
</business:ClassificationIPCR><business:ClassificationIPCR><base:Section>C</base:Section><base:MainClass>08</base:MainClass>
<base:Subclass>L</base:Subclass><base:MainGroup>27</base:MainGroup><base:Subgroup>18</base:Subgroup>
</business:ClassificationIPCR></business:ClassificationIPCRDetails>
<business:InventionTitle>一种氟硅材料</business:InventionTitle>
<business:PartiesDetails><business:ApplicantDetails><business:Applicant><base:AddressBook><base:Name>云澜材料有限公司</base:Name>
<base:Address><base:Province>浙江</base:Province><base:City>云澜市</base:City></base:Address></base:AddressBook>
</business:Applicant></business:ApplicantDetails><business:InventorDetails><business:Inventor><base:AddressBook>
<base:Name>张三</base:Name></base:AddressBook></business:Inventor></business:InventorDetails>
<business:AgentDetails><business:Agent><business:Agency><base:AddressBook><base:OrganizationName>云澜代理所</base:OrganizationName>
</base:AddressBook></business:Agency><base:AddressBook><base:Name>李四</base:Name></base:AddressBook></business:Agent>
</business:AgentDetails></business:PartiesDetails></business:BibliographicData>
<business:Abstract><base:Paragraphs>本发明公开了一种材料。</base:Paragraphs></business:Abstract>
<business:Claims><business:Claim><business:ClaimText>1.一种材料。</business:ClaimText></business:Claim>
<business:Claim><business:ClaimText>2.根据权利要求1所述的材料。</business:ClaimText></business:Claim></business:Claims>
<business:Description><business:TechnicalField><base:Paragraphs>本发明涉及材料。</base:Paragraphs></business:TechnicalField>
</business:Description></business:PatentDocumentAndRelated>"""


@pytest.mark.parametrize(("declared", "encoding"), [("UTF-8", "utf-8"), ("GB2312", "gb18030"), ("UTF-16", "utf-16")])
def test_cnipa_document(tmp_path, declared, encoding):
    (record,) = records(put(tmp_path, "x.xml", CNIPA % (declared, "201910526314.8"), encoding))
    assert (record.source, record.office, record.kind) == ("cnipa", "CN", "invention")
    assert (record.application_number, record.publication_number) == ("201910526314.8", "110123456")
    assert (record.grant_number, record.granted_on) == ("201910526314.8", date(2021, 3, 9))
    assert (record.filed_on, record.as_of) == (date(2019, 6, 18), date(2021, 3, 10))
    assert (record.title_zh, record.abstract_zh) == ("一种氟硅材料", "本发明公开了一种材料。")
    assert record.ipc == ["C08F 14/18", "C08L 27/18"]
    assert record.claims == ["1.一种材料。", "2.根据权利要求1所述的材料。"]
    assert record.description == "本发明涉及材料。"
    assert [(p.role, p.name) for p in record.parties] == [
        ("applicant", "云澜材料有限公司"), ("inventor", "张三"), ("agent", "李四"), ("agent", "云澜代理所"),
    ]  # fmt: skip
    assert record.parties[0].address == "浙江 云澜市"


def test_cnipa_document_with_a_wrong_check_digit(tmp_path):
    (wrong,) = rejections(put(tmp_path, "x.xml", CNIPA % ("UTF-8", "201910526314.3")))
    assert (wrong.code, wrong.params["expected"], wrong.number) == ("check_digit", "8", "201910526314.3")


def test_older_cnipa_document(tmp_path):
    text = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE cn-patent-document SYSTEM "cn-patent-document-06-10-27.dtd">
    <cn-patent-document lang="ZH" country="CN"><cn-bibliographic-data><cn-publication-reference><document-id><country>CN</country>
    <doc-number>1912345</doc-number><kind>A</kind><date>20070214</date></document-id></cn-publication-reference>
    <application-reference appl-type="invention"><document-id><country>CN</country><doc-number>97101765.4</doc-number>
    <date>19970301</date></document-id></application-reference><invention-title>一种旧装置</invention-title>
    </cn-bibliographic-data><application-body lang="ZH" country="CN"><description><p>旧说明。</p></description>
    <claims><claim><claim-text>1.一种旧装置。</claim-text></claim></claims><abstract><p>旧摘要。</p></abstract>
    </application-body></cn-patent-document>"""
    (record,) = records(put(tmp_path, "x.xml", text))
    assert (record.application_number, record.publication_number, record.kind_code) == ("97101765.4", "1912345", "A")
    assert (record.title_zh, record.abstract_zh, record.description) == ("一种旧装置", "旧摘要。", "旧说明。")
    assert record.claims == ["1.一种旧装置。"]


def test_files_that_hold_no_patents_are_named(tmp_path):
    assert instead(put(tmp_path, "a.xml", "<class-scheme><classification-item/></class-scheme>")) == "class_scheme"
    recordation = (
        '<response><result><doc><str name="reelNo">1</str><str name="conveyanceText">x</str></doc></result></response>'
    )
    assert instead(put(tmp_path, "b.xml", recordation)) == "recordations"
    assert instead(put(tmp_path, "c.xml", "<note><to>x</to></note>")) == "unknown_format"
