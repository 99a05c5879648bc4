# ruff: noqa: E501 - a row of a table reads best on one line
"""The texts of announcements as they are shipped: version 0 of each kind's template. In Chinese, as the law asks.

An administrator may write a newer version of each (`trading.publication.texts`); these stay what a text falls back to.
"""

from collections.abc import Mapping
from types import MappingProxyType

from trading.publication.kind_types import AnnouncementKind

_CODES = """<h3>项目信息</h3>
<table>
<tr><th>项目名称</th><td>{{ project_title }}</td></tr>
<tr><th>进场编号</th><td>{{ entry_code }}</td></tr>
{% if deal_code %}<tr><th>统一交易标识码</th><td>{{ deal_code }}</td></tr>{% endif %}
{% if owner_name %}<tr><th>{% if project_kind == "land" or project_kind == "mining" %}出让人{% elif project_kind == "property_rights" %}转让方{% else %}采购（招标）人{% endif %}</th><td>{{ owner_name }}</td></tr>{% endif %}
</table>
"""

_PARTICULARS = """{% for part in particulars %}<tr><th>{{ part.label }}</th><td>{{ part.value }}</td></tr>
{% endfor %}"""

_SALE = (
    """{% if second_round_of %}
<p>本标的第一次竞价流拍，现再次公告。第一次起始价为人民币{{ second_round_of.starting_price_fen | yuan }}元。</p>
{% endif %}
<p>经批准，{{ owner_name }}决定以{{ selling_method }}方式{% if project_kind == "property_rights" %}转让{% else %}出让{% endif %}下列标的，现将有关事项公告如下。</p>
<h3>一、标的基本情况</h3>
<table>
<tr><th>标的名称</th><td>{{ lot_title }}</td></tr>
{% if parcel_number %}<tr><th>宗地编号</th><td>{{ parcel_number }}</td></tr>{% endif %}
{% if location %}<tr><th>位置</th><td>{{ location }}</td></tr>{% endif %}
{% if area_m2 %}<tr><th>面积</th><td>{{ area_m2 }} m²（{{ area_mu }} 亩）</td></tr>{% endif %}
{% if land_use %}<tr><th>规划用途</th><td>{{ land_use }}</td></tr>{% endif %}
{% if term_years %}<tr><th>出让年限</th><td>{{ term_years }} 年</td></tr>{% endif %}
"""
    + _PARTICULARS
    + """<tr><th>进场编号</th><td>{{ entry_code }}</td></tr>
<tr><th>统一交易标识码</th><td>{{ deal_code }}</td></tr>
</table>
{% if conditions %}<h3>二、出让条件</h3><p>{{ conditions }}</p>{% else %}<h3>二、出让条件</h3><p>无其他特别条件。</p>{% endif %}
<h3>三、价格与保证金</h3>
<table>
<tr><th>起始价</th><td>{{ starting_price_fen | yuan }} 元（{{ starting_price_fen | capital }}）</td></tr>
{% if valuation_fen %}<tr><th>评估价</th><td>{{ valuation_fen | yuan }} 元</td></tr>{% endif %}
<tr><th>增价幅度</th><td>{{ increment_fen | yuan }} 元{% if increment_lowest_fen %}（主持人可在 {{ increment_lowest_fen | yuan }} 元至 {{ increment_highest_fen | yuan }} 元间调整）{% endif %}</td></tr>
<tr><th>竞买保证金</th><td>{{ deposit_fen | yuan }} 元（{{ deposit_fen | capital }}）</td></tr>
<tr><th>底价</th><td>{% if has_reserve %}设有底价，在竞价结束前保密{% else %}不设底价{% endif %}</td></tr>
{% if cap_fen %}<tr><th>最高限价</th><td>{{ cap_fen | yuan }} 元；超过后：{{ cap_rule }}{% if cap_ceiling_fen %}，报价不高于 {{ cap_ceiling_fen | yuan }} 元{% endif %}</td></tr>{% endif %}
</table>
<h3>四、时间安排</h3>
<table>
<tr><th>报名开始</th><td>{{ registration_opens_at | moment }}</td></tr>
<tr><th>报名截止</th><td>{{ registration_closes_at | moment }}</td></tr>
<tr><th>{% if quoting_ends_at or listing_ends_at %}挂牌（报价）开始{% else %}竞价开始{% endif %}</th><td>{{ starts_at | moment }}</td></tr>
{% if quoting_ends_at %}<tr><th>停止报价</th><td>{{ quoting_ends_at | moment }}</td></tr>{% endif %}
{% if listing_ends_at %}<tr><th>挂牌（报价）截止</th><td>{{ listing_ends_at | moment }}</td></tr>{% endif %}
{% if open_s %}<tr><th>竞价时长</th><td>{{ open_s | period }}，末段有报价的，延至该次报价后 {{ extension_s | period }}</td></tr>{% endif %}
{% if window_s %}<tr><th>限时竞价</th><td>每轮 {{ window_s | period }}，有效报价后重新计时</td></tr>{% endif %}
<tr><th>竞买人数</th><td>不少于 {{ minimum_bidders }} 人</td></tr>
</table>
<h3>五、竞买办法</h3>
<ol>
<li>在报名时间内登录本平台，以本单位名义报名。</li>
<li>从本单位账户将竞买保证金交至系统分配的账号，以到账时间为准。</li>
<li>保证金到账后取得竞买资格和竞买号牌，在开始前进入竞价室。</li>
<li>价高者得；竞得人的保证金转作价款，其他竞买人的保证金按规定退还，不计利息。</li>
</ol>
<p>{{ owner_name }}<br>{{ published_at | day }}</p>
"""
)

_TENDER = (
    """<p>{{ project_title }}已具备条件，现公告如下，欢迎合格的供应商（投标人）参加。</p>
"""
    + _CODES
    + """<h3>采购（招标）内容</h3>
<table>
{% if method %}<tr><th>方式</th><td>{{ method }}</td></tr>{% endif %}
{% if budget_fen %}<tr><th>预算金额</th><td>{{ budget_fen | yuan }} 元</td></tr>{% endif %}
"""
    + _PARTICULARS
    + """</table>
{% for lot in lots %}
<h3>{{ lot.title }}</h3>
<table>
{% if lot.budget_fen %}<tr><th>预算（限价）</th><td>{{ lot.budget_fen | yuan }} 元</td></tr>{% endif %}
{% if lot.deal_code %}<tr><th>统一交易标识码</th><td>{{ lot.deal_code }}</td></tr>{% endif %}
{% for part in lot.particulars %}<tr><th>{{ part.label }}</th><td>{{ part.value }}</td></tr>
{% endfor %}
</table>
{% endfor %}
<h3>时间安排</h3>
<table>
{% if documents_open_at %}<tr><th>文件获取开始</th><td>{{ documents_open_at | moment }}</td></tr>{% endif %}
{% if documents_close_at %}<tr><th>文件获取截止</th><td>{{ documents_close_at | moment }}</td></tr>{% endif %}
<tr><th>投标（响应）截止</th><td>{{ bids_close_at | moment }}</td></tr>
{% if opening_at %}<tr><th>开标（开启）</th><td>{{ opening_at | moment }}</td></tr>{% endif %}
</table>
<p>逾期送达或者未按要求密封的投标（响应）文件不予接收。</p>
{% if how_to_take_part %}<h3>参加办法</h3><p>{{ how_to_take_part }}</p>{% endif %}
<p>{{ owner_name }}<br>{{ published_at | day }}</p>
"""
)

_MOVED = """{% if moved %}
<h3>时间调整</h3>
<table>
<tr><th>事项</th><th>原定</th><th>调整为</th></tr>
{% for part in moved %}<tr><td>{{ part.label }}</td><td>{{ part.before | moment }}</td><td>{{ part.after | moment }}</td></tr>
{% endfor %}
</table>
{% if moved_by_rule %}<p>依据：{{ moved_source }}。</p>{% endif %}
{% endif %}
{% if no_effect_reason %}<p>本次内容不影响报价（投标）文件的编制，时间安排不变：{{ no_effect_reason }}</p>{% endif %}
"""
_SIGNED = """<p>{{ published_at | day }}</p>
"""
_REFERS = """<p>关于{% if changed_title %}《{{ changed_title }}》{% endif %}（{{ changed_number }}），"""

TEXTS: Mapping[AnnouncementKind, str] = MappingProxyType(
    {
        AnnouncementKind.SALE: _SALE,
        AnnouncementKind.TENDER: _TENDER,
        AnnouncementKind.PREQUALIFICATION: "<p>{{ owner_name }}就下列项目进行资格预审，现公告如下。</p>\n"
        + _CODES
        + """<h3>内容与资格要求</h3>
<p>{{ requirements }}</p>
<h3>申请截止</h3>
<p>{{ applications_close_at | moment }}，逾期不予接收。</p>
{% if public_until %}<p>本公告公示至 {{ public_until | moment }}。</p>{% endif %}
<p>{{ owner_name }}<br>{{ published_at | day }}</p>
""",
        AnnouncementKind.CHANGE: _REFERS
        + """现作如下变更。</p>
<h3>变更内容</h3>
<p>{{ change }}</p>
<h3>变更原因</h3>
<p>{{ reason }}</p>
"""
        + _MOVED
        + "<p>其他内容不变。</p>\n"
        + _CODES
        + _SIGNED,
        AnnouncementKind.CLARIFICATION: _REFERS
        + """现澄清如下。</p>
{% if question %}<h3>问题</h3><p>{{ question }}</p>{% endif %}
<h3>澄清</h3>
<p>{{ clarification }}</p>
"""
        + _MOVED
        + _CODES
        + _SIGNED,
        AnnouncementKind.CORRECTION: """<p>关于{{ corrected_number }}，现更正如下。</p>
<h3>更正内容</h3>
<p>{{ correction }}</p>
"""
        + _MOVED
        + _CODES
        + _SIGNED,
        AnnouncementKind.CANDIDATES: "<p>经评审，现将中标候选人公示如下。</p>\n"
        + _CODES
        + """<h3>中标候选人</h3>
<p>{{ candidates }}</p>
<h3>公示期与异议</h3>
<p>公示至 {{ public_until | moment }}。投标人或者其他利害关系人对评标结果有异议的，应当在公示期间提出。</p>
<p>{{ objections_to }}</p>
<p>{{ owner_name }}<br>{{ published_at | day }}</p>
""",
        AnnouncementKind.RESULT: "<p>{{ lot_title }}的交易已经结束，现将结果公告如下。</p>\n"
        + _CODES
        + """<h3>结果</h3>
<table>
<tr><th>{% if project_kind == "land" or project_kind == "mining" or project_kind == "property_rights" %}竞得人{% else %}中标（成交）人{% endif %}</th><td>{{ winner_shares or winner_name }}</td></tr>
{% if winner_credit_code %}<tr><th>统一社会信用代码</th><td>{{ winner_credit_code }}</td></tr>{% endif %}
{% if winner_address %}<tr><th>地址</th><td>{{ winner_address }}</td></tr>{% endif %}
{% if plate %}<tr><th>竞买号牌</th><td>{{ plate }}</td></tr>{% endif %}
{% if starting_price_fen %}<tr><th>起始价</th><td>{{ starting_price_fen | yuan }} 元</td></tr>{% endif %}
<tr><th>成交价</th><td>{{ final_fen | yuan }} 元（{{ final_fen | capital }}）</td></tr>
{% if value_added_fen %}<tr><th>增值额</th><td>{{ value_added_fen | yuan }} 元</td></tr>{% endif %}
<tr><th>成交时间</th><td>{{ concluded_at | moment }}</td></tr>
{% if selling_method %}<tr><th>交易方式</th><td>{{ selling_method }}</td></tr>{% endif %}
{% if bid_count %}<tr><th>有效报价次数</th><td>{{ bid_count }}</td></tr>{% endif %}
{% if parcel_number %}<tr><th>宗地编号</th><td>{{ parcel_number }}</td></tr><tr><th>位置</th><td>{{ location }}</td></tr>{% endif %}
{% if area_m2 %}<tr><th>面积</th><td>{{ area_m2 }} m²{% if area_mu %}（{{ area_mu }} 亩）{% endif %}</td></tr>{% endif %}
{% if land_use %}<tr><th>用途</th><td>{{ land_use }}</td></tr>{% endif %}
{% if experts %}<tr><th>评审专家</th><td>{{ experts }}</td></tr>{% endif %}
</table>
{% if public_until %}<p>公告期限至 {{ public_until | moment }}。</p>{% endif %}
"""
        + _SIGNED,
        AnnouncementKind.WITHDRAWAL: """<p>{{ lot_title }}未能成交，现公告如下。</p>
<table>
<tr><th>原因</th><td>{{ reason }}</td></tr>
{% if order %}<tr><th>说明</th><td>{{ order }}</td></tr>{% endif %}
<tr><th>结束时间</th><td>{{ ended_at | moment }}</td></tr>
</table>
"""
        + _CODES
        + _SIGNED,
        AnnouncementKind.CALLING_OFF: """<p>{{ lot_title }}的交易活动终止，现公告如下。</p>
<table>
<tr><th>原因</th><td>{{ reason }}</td></tr>
{% if order %}<tr><th>说明</th><td>{{ order }}</td></tr>{% endif %}
{% if needed %}<tr><th>合格竞买人</th><td>{{ qualified }}，要求不少于 {{ needed }}</td></tr>{% endif %}
<tr><th>终止时间</th><td>{{ ended_at | moment }}</td></tr>
</table>
"""
        + _CODES
        + _SIGNED,
        AnnouncementKind.TERMINATION: """<p>{{ project_title }}终止，现公告如下。</p>
<h3>终止原因</h3>
<p>{{ reason }}</p>
{% if basis %}<p>依据：{{ basis }}</p>{% endif %}
"""
        + _CODES
        + _SIGNED,
        AnnouncementKind.SUSPENSION: """<p>{{ lot_title or project_title }}的交易活动自 {{ suspended_at | moment }} 起中止。恢复时间另行公告。</p>
<h3>中止原因</h3>
<p>{{ reason }}</p>
"""
        + _CODES
        + _SIGNED,
        AnnouncementKind.RESUMPTION: """<p>{{ lot_title or project_title }}的交易活动于 {{ resumes_at | moment }} 恢复。中止期间的报价截止、报名截止等时间按规定顺延。</p>
{% if reason %}<p>{{ reason }}</p>{% endif %}
"""
        + _CODES
        + _SIGNED,
        AnnouncementKind.SINGLE_SOURCE: "<p>下列项目拟采用单一来源方式采购，现予公示。</p>\n"
        + _CODES
        + """<h3>拟定的唯一供应商</h3>
<p>{{ supplier_name }}{% if supplier_address %}，{{ supplier_address }}{% endif %}</p>
<h3>采用单一来源方式的理由</h3>
<p>{{ reason }}</p>
<h3>专家论证意见</h3>
<p>{{ opinions }}</p>
<p>公示至 {{ public_until | moment }}。任何供应商、单位或者个人对此有异议的，可以在公示期内将书面意见反馈给采购人。</p>
<p>{{ owner_name }}<br>{{ published_at | day }}</p>
""",
        AnnouncementKind.CONTRACT: _CODES
        + """<h3>合同</h3>
<table>
<tr><th>合同编号</th><td>{{ contract_number }}</td></tr>
<tr><th>供应商（承包人）</th><td>{{ supplier_name }}</td></tr>
<tr><th>合同金额</th><td>{{ contract_fen | yuan }} 元（{{ contract_fen | capital }}）</td></tr>
<tr><th>签订时间</th><td>{{ signed_at | day }}</td></tr>
</table>
<h3>主要标的</h3>
<p>{{ subject }}</p>
"""
        + _SIGNED,
        AnnouncementKind.ACCEPTANCE: _CODES
        + """<h3>验收</h3>
<table>
<tr><th>合同编号</th><td>{{ contract_number }}</td></tr>
{% if supplier_name %}<tr><th>供应商（承包人）</th><td>{{ supplier_name }}</td></tr>{% endif %}
<tr><th>验收时间</th><td>{{ accepted_at | day }}</td></tr>
</table>
<h3>验收意见</h3>
<p>{{ opinion }}</p>
"""
        + _SIGNED,
        AnnouncementKind.COMPLAINT_RESULT: "<p>下列项目的投诉已经处理完毕，现将处理结果公告如下。</p>\n"
        + _CODES
        + """<h3>相关当事人</h3>
<table>
<tr><th>投诉编号</th><td>{{ complaint_number }}</td></tr>
<tr><th>投诉人</th><td>{{ complainant_name }}</td></tr>
<tr><th>被投诉人</th><td>{{ owner_name }}</td></tr>
</table>
<h3>基本情况</h3>
<p>{{ complaint_matters }}</p>
<h3>处理依据及结果</h3>
<p>{{ complaint_outcome }}</p>
<p>{{ complaint_decision }}</p>
<p>依据：{{ basis }}</p>
<p>{{ decided_at | day }}</p>
""",
    }
)
