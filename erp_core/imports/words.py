"""What the words of generic files mean: states of returns and purchase orders, ways of contact, kinds of fees. Pure.

Words are compared by `normalise_word`: width, case, spaces, commas and dashes do not count.
"""

from __future__ import annotations

from collections.abc import Mapping

from erp_core.files.header import normalise_header
from erp_core.imports.declaration import normalise_word, without_aside


def _table(**words: str) -> Mapping[str, str]:
    """word → meaning, from meaning → words with `|` between them."""
    return {normalise_word(word): meaning for meaning, line in words.items() for word in line.split("|")}


RETURN_STATES = _table(
    requested="requested|request|open|pending|new|authorized|authorised|approved|label sent|in transit|shipped|"
        "waiting|awaiting return|待审核|待处理|待退货|待买家退货|已申请|申请中|审核中|已同意|退货中|"
        "买家已退货|待收货|待商家收货|等待买家退货|等待卖家确认收货|买家已经申请退款,等待卖家同意|"
        "卖家已经同意退款,等待买家退货|买家已经退货,等待卖家确认收货|待仓库收货|待入库",
    received="received|arrived|inspecting|inspected|closed|complete|completed|done|已收货|已签收|已完成|完成|"
        "商家已收货|仓库已收货|质检中|已质检|已退货|退货成功",
    restocked="restocked|restock|back in stock|put away|resellable|sellable|good|已入库|入库|已上架|重新上架|"
        "退货入库|良品入库|良品",
    scrapped="scrapped|scrap|disposed|destroyed|damaged|defective|unsellable|written off|write off|报废|已报废|"
        "已销毁|残次|次品|残次品|不良品|不可售|损坏|次品入库",
    refunded="refunded|refund|refund issued|paid back|credited|money back|退款成功|已退款|退款完成|退货退款成功|"
        "退款|已全额退款|部分退款|已部分退款",
    refused="refused|rejected|denied|declined|cancelled|canceled|void|withdrawn|已拒绝|拒绝|卖家拒绝退款|已取消|"
        "取消|已关闭|退款关闭|售后关闭|已撤销|审核不通过|已驳回",
)  # fmt: skip

PURCHASE_STATES = _table(
    open="open|draft|new|sent|ordered|placed|confirmed|approved|pending|waiting|in transit|shipped|processing|"
        "on order|backorder|back order|partial|partially received|part received|purchase order|rfq|"
        "to receive|to receive and bill|待审核|已审核|待确认|已确认|已下单|采购中|待发货|已发货|在途|运输中|"
        "待到货|未到货|待收货|待入库|部分到货|部分入库|部分收货|未完成|进行中|执行中|草稿|已提交|生产中",
    received="received|fully received|complete|completed|closed|done|delivered|finished|locked|billed|to bill|"
        "已到货|全部到货|已入库|全部入库|已收货|已完成|完成|已完结|已关闭|关闭|结案|已结案|入库完成",
    cancelled="cancelled|canceled|void|voided|rejected|stopped|已取消|取消|作废|已作废|已终止|终止|驳回|已驳回",
)  # fmt: skip

MEDIA = _table(
    phone="phone|call|telephone|phone call|incoming call|outgoing call|hotline|voice|mobile|电话|来电|去电|"
        "通话|热线|手机|语音",
    mail="mail|email|e mail|letter|post|邮件|电子邮件|邮箱|信件|邮寄",
    chat="chat|live chat|message|messenger|instant message|im|sms|text|text message|whatsapp|wechat|weixin|"
        "line|telegram|wangwang|aliwangwang|qianniu|ebay message|amazon message|聊天|在线客服|客服|在线|"
        "即时消息|短信|站内信|微信|企业微信|公众号|旺旺|阿里旺旺|千牛|咚咚|京东咚咚|飞鸽|抖店飞鸽|拼多多客服|"
        "QQ",
    social="social|social media|facebook|instagram|twitter|x|tiktok|youtube|weibo|xiaohongshu|rednote|review|"
        "comment|forum|community|社交|社交媒体|微博|小红书|抖音|快手|评论|评价|论坛|社群|微信群|朋友圈",
    visit="visit|in person|store|shop visit|meeting|fair|上门|到店|拜访|面谈|门店|展会|现场",
    other="other|else|其他|其它",
)  # fmt: skip

DIRECTIONS: Mapping[str, str] = {
    normalise_word(word): meaning
    for meaning, line in (
        (
            "in",
            "in|incoming|inbound|received|from customer|customer|呼入|来电|进线|接入|收到|客户发起|买家|买家发起|"
            "入|呼入电话",
        ),
        (
            "out",
            "out|outgoing|outbound|sent|to customer|agent|shop|呼出|去电|外呼|发出|主动|主动联系|商家|卖家|"
            "客服发起|出|呼出电话",
        ),
    )
    for word in line.split("|")
}

YES_NO: Mapping[str, bool] = {
    normalise_word(word): meaning
    for meaning, line in (
        (True, "yes|y|true|restocked|restock|back|resellable|是|已入库|入库|有|对|√|良品|已上架|重新入库"),
        (False, "no|n|false|not restocked|none|否|未入库|不入库|无|不|×|报废|次品|未上架"),
    )
    for word in line.split("|")
}

DELIVERED = frozenset(
    normalise_word(word)
    for word in (
        "delivered|delivery completed|signed|signed for|received by customer|proof of delivery|"
        "picked up by customer|collected|已签收|签收|妥投|已妥投|本人签收|代签收|已代签|快递已签收|投递成功|"
        "派送成功|已取件签收|客户签收|驿站代签收"
    ).split("|")
)

# Kinds of fees: the whole word first, else the first of the parts that the word holds.
_FEES = _table(
    commission="commission|sales commission|referral fee|referral fee on item price|selling fee|selling fees|"
        "final value fee|variable closing fee|fixed closing fee|closing fee|per item fee|"
        "per-item selling fee|marketplace fee|platform fee|platform service fee|transaction fee percent|"
        "technology service fee|service fee|佣金|销售佣金|平台佣金|类目佣金|天猫佣金|技术服务费|平台服务费|"
        "软件服务费|服务费|平台技术服务费|基础技术服务费|平台扣点|扣点|交易佣金|达人佣金|淘宝客佣金|淘客佣金|"
        "淘宝客佣金代扣款|团长服务费|团长佣金|信用卡支付服务费佣金",
    payment="payment|payment fee|payment fees|payment processing fee|processing fee|transaction fee|"
        "transaction fees|gateway fee|card fee|credit card fee|stripe fee|paypal fee|shopify payments fee|"
        "alipay fee|withdrawal fee|payout fee|支付|支付服务费|支付手续费|手续费|交易手续费|信用卡手续费|"
        "花呗手续费|花呗支付服务费|信用卡支付服务费|分期手续费|花呗分期手续费|提现手续费|收单手续费|"
        "收款手续费|交易服务费|支付渠道费",
    advertising="advertising|advertising fee|advertising fees|advertising cost|ads|ad fee|ad spend|"
        "sponsored products|cost of advertising|promoted listings|promoted listings fee|ad fee standard|"
        "promotion fee|marketing|marketing fee|coupon fee|deal fee|lightning deal fee|vine fee|affiliate fee|"
        "推广|推广费|推广费用|广告|广告费|广告费用|营销费|营销推广费|直通车|直通车推广费|钻展|钻石展位|"
        "超级推荐|引力魔方|万相台|品销宝|京准通|快车|京东快车|巨量千川|千川|多多搜索|多多场景|多多进宝|"
        "聚划算|活动费|坑位费|营销费用",
    shipping="shipping|shipping fee|shipping fees|shipping label|shipping label purchase|postage|postage fee|"
        "freight|carriage|delivery|delivery fee|fulfilment fee|fulfillment fee|fulfillment fees|fba fee|"
        "fba fees|fba fulfillment fee|fba fulfilment fee|fba per unit fulfillment fee|"
        "fba per order fulfillment fee|fba weight based fee|fbaperunitfulfillmentfee|"
        "fbaperorderfulfillmentfee|fbaweightbasedfee|shipping chargeback|shippinghb|"
        "international shipping fee|运费|物流费|物流费用|快递费|邮费|配送费|配送服务费|配送费用|运费险|"
        "运费险服务费|退货运费|运输费|发货费|仓配费|卖家运费险|电子面单费|物流服务费|菜鸟物流费",
    storage="storage|storage fee|storage fees|fba storage fee|fba inventory storage fee|monthly storage fee|"
        "long term storage fee|aged inventory surcharge|warehousing|warehouse fee|removal fee|disposal fee|"
        "inventory placement fee|仓储|仓储费|仓储费用|仓租|仓租费|库存费|保管费|长期仓储费|库内操作费|移除费|"
        "仓储服务费",
    other="other|other fee|other fees|fee|fees|adjustment|subscription|subscription fee|monthly fee|"
        "insertion fee|listing fee|store fee|penalty|fine|其他|其它|其他费用|费用|年费|软件年费|月租|"
        "店铺月租|调整|罚款|违约金|赔付|订购费|保险费|公益|公益宝贝捐赠",
)  # fmt: skip
_FEE_PARTS = (
    ("storage", ("storage", "warehous", "仓储", "仓租")),
    ("advertising", ("advertis", "sponsored", "promoted", "marketing", "推广", "广告", "直通车", "千川", "营销")),
    ("payment", ("payment", "processing", "gateway", "支付", "手续费", "收单")),
    (
        "shipping",
        ("shipping", "postage", "freight", "fulfil", "delivery", "fba", "运费", "物流", "快递", "配送", "邮费"),
    ),
    ("commission", ("commission", "referral", "final value", "closing", "佣金", "服务费", "扣点")),
)
# What settlements list beside their fees: money for goods, tax, money moved.
_NO_FEES = frozenset(
    normalise_word(word)
    for word in (
        "principal|item price|itemprice|product price|product sales|product charges|order|order payment|sale|"
        "sales|goods|refund|refunds|order refund|transfer|payout|deposit|withdrawal|reserve|"
        "current reserve amount|previous reserve amount balance|opening balance|closing balance|balance|tax|"
        "sales tax|vat|gst|product tax|shipping tax|marketplace facilitator tax|"
        "marketplacefacilitatortax principal|marketplacefacilitatortax shipping|giftwrap|gift wrap|货款|"
        "交易货款|商品货款|订单货款|交易付款|交易收款|在线支付|收入|交易退款|退款|退货退款|售后退款|提现|"
        "充值|转账|余额|期初余额|期末余额|保证金|税|税费|平台补贴|补贴|平台优惠补贴"
    ).split("|")
)


def fee_kind(word: str) -> str | None:
    """The kind of fee that a settlement's word names; None for a word that is not known.

    >>> fee_kind("技术服务费"), fee_kind("直通车"), fee_kind("FBA storage fee"), fee_kind("Blue")
    ('commission', 'advertising', 'storage', None)
    """
    plain = normalise_word(word)
    if plain in _FEES:
        return _FEES[plain]
    return next((kind for kind, parts in _FEE_PARTS if any(normalise_word(part) in plain for part in parts)), None)


def names_a_fee(header: str) -> bool:
    """Whether a column's header is as such the name of a fee.

    >>> names_a_fee("Payment fee (USD)"), names_a_fee("Payment date")
    (True, False)
    """
    return normalise_word(without_aside(normalise_header(header))) in _FEES


def is_no_fee(word: str) -> bool:
    """Whether a settlement's word names money for goods, tax or money moved, which are no fees.

    >>> is_no_fee("Principal"), is_no_fee("货款"), is_no_fee("佣金")
    (True, True, False)
    """
    return normalise_word(word) in _NO_FEES


GIVEN_OR_TAKEN: Mapping[str, int] = {
    normalise_word(word): sign
    for sign, line in (
        (
            1,
            "debit|dr|charge|charged|cost|expense|fee|out|paid|payment|deduction|支出|扣款|扣费|借|借方|付款|出|"
            "支付|扣除",
        ),
        (
            -1,
            "credit|cr|refund|refunded|income|in|reversal|reimbursement|rebate|收入|退还|返还|退款|贷|贷方|退费|"
            "入|退回|返款",
        ),
    )
    for word in line.split("|")
}
