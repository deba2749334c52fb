"""mrkdwn becomes the HTML that Slack shows, and nothing typed becomes markup."""

from __future__ import annotations

import pytest

from infra.local.workspace import WorkspaceConfig
from infra.local.workspace.config import Group
from infra.local.workspace.markdown import markdown
from infra.local.workspace.mrkdwn import mrkdwn, plain
from infra.local.workspace.reader import Reader

CONFIG = WorkspaceConfig(app_url="http://127.0.0.1:1", groups=(Group("S1", "leads", "Leads", ("U0AGENT01",)),))
READER = Reader(CONFIG, "U0AGENT01", now=1_763_456_760, zone="UTC")
OWN = '<span class="mention mention-own"'
LINK = 'target="_blank" rel="noopener noreferrer">'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* _italic_ ~gone~", "<b>bold</b> <i>italic</i> <s>gone</s>"),
        ("2*3*4 snake_case_name a~b~c", "2*3*4 snake_case_name a~b~c"),
        ("*open _never closed", "*open _never closed"),
        ("* spaced *", "* spaced *"),
        ("*bold _and italic_*", "<b>bold <i>and italic</i></b>"),
        ("`a*b*` *x*", "<code>a*b*</code> <b>x</b>"),
        ("one\ntwo", "one<br>two"),
        ("> quoted\n> still\nafter", "<blockquote>quoted<br>still</blockquote>after"),
        ("&gt; quoted", "<blockquote>quoted</blockquote>"),
        (">>> all\nof it", "<blockquote>all<br>of it</blockquote>"),
        (":white_check_mark: :unheard_of:", "✅ :unheard_of:"),
        ("a &amp; b &lt;c&gt;", "a &amp; b &lt;c&gt;"),
        ("&quot;", "&amp;quot;"),
        ("<@U0AGENT01>", f'{OWN} data-user="U0AGENT01">@Maya Torres</span>'),
        ("<@U0SPEC001>", '<span class="mention" data-user="U0SPEC001">@Priya Nair</span>'),
        ("<@UNOBODY>", '<span class="mention" data-user="UNOBODY">@UNOBODY</span>'),
        ("<!subteam^S1>", f"{OWN}>@leads</span>"),
        ("<!channel>", f"{OWN}>@channel</span>"),
        ("<!here|here>", f"{OWN}>@here</span>"),
        ("<https://a.example/?x=1&amp;y=2|the page>", f'<a href="https://a.example/?x=1&amp;y=2" {LINK}the page</a>'),
        ("see https://a.example/b_c_d.", f'see <a href="https://a.example/b_c_d" {LINK}https://a.example/b_c_d</a>.'),
        (
            "<!date^1763456760^{date_num} {time}|x>",
            '<time datetime="2025-11-18T09:06:00+00:00">2025-11-18 9:06 AM</time>',
        ),
        ("<!date^1763456760^{date_short_pretty}|x>", '<time datetime="2025-11-18T09:06:00+00:00">Today</time>'),
        ("<!date^soon^{time}|before noon>", "before noon"),
    ],
)
def test_mrkdwn_is_shown_as_slack_shows_it(text: str, shown: str) -> None:
    assert str(mrkdwn(text, READER)) == shown


def test_a_fenced_text_can_be_copied_and_is_shown_to_the_letter() -> None:
    shown = str(mrkdwn("```\nCase: *x* &lt;y&gt;\n```", READER))
    assert "<pre>Case: *x* &lt;y&gt;</pre>" in shown
    assert "Copy" in shown


@pytest.mark.parametrize("typed", ["@here", "@channel", "@everyone"])
def test_a_ping_typed_in_mrkdwn_pings_unless_the_text_is_verbatim(typed: str) -> None:
    assert OWN in mrkdwn(f"hello {typed}", READER)
    assert str(mrkdwn(f"hello {typed}", READER, verbatim=True)) == f"hello {typed}"


def test_a_channel_typed_in_mrkdwn_is_linked_unless_the_text_is_verbatim() -> None:
    assert "channel=C0GENERAL" in mrkdwn("in #general", READER)
    assert str(mrkdwn("in #general and #nowhere", READER, verbatim=True)) == "in #general and #nowhere"


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        '<https://a.example"onmouseover="alert(1)|x>',
        "<javascript:alert(1)|click>",
        "<@U1|<img src=x onerror=alert(1)>>",
        '<!date^1^{time}^javascript:alert(1)|"><script>>',
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "\ue0000\ue001\ue0005\ue001",
        '`"><script>`',
        "*<b onclick=alert(1)>*",
    ],
)
def test_nothing_typed_becomes_an_element_or_an_attribute(typed: str) -> None:
    for verbatim in (False, True):
        shown = str(mrkdwn(typed, READER, verbatim=verbatim))
        assert "<script" not in shown
        assert "<img" not in shown
        assert "<b onclick" not in shown
        assert 'href="javascript' not in shown
        assert '"onmouseover="' not in shown


def test_plain_text_means_nothing_but_its_letters() -> None:
    assert str(plain("*a* <@U1> @here\n:x:", emoji=False)) == "*a* &lt;@U1&gt; @here<br>:x:"
    assert str(plain(":x:")) == "❌"


def test_right_to_left_letters_and_emoji_stay_as_typed() -> None:
    assert str(mrkdwn("שלום 👩‍🔧 مرحبا", READER)) == "שלום 👩‍🔧 مرحبا"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# Title", '<p class="md-heading"><b>Title</b></p>'),
        ("**bold** and *italic*", "<p><b>bold</b> and <i>italic</i></p>"),
        ("- one\n- two", "<ul><li>one</li><li>two</li></ul>"),
        ("3. three\n4. four", '<ol start="3"><li>three</li><li>four</li></ol>'),
        ("> said", "<blockquote><div>said</div></blockquote>"),
        ("[a](https://a.example)", f'<p><a href="https://a.example" {LINK}a</a></p>'),
        ("[a](javascript:alert)", "<p>[a](javascript:alert)</p>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("---", "<hr>"),
    ],
)
def test_markdown_is_shown(text: str, shown: str) -> None:
    assert str(markdown(text)) == f'<div class="rich-text">{shown}</div>'
