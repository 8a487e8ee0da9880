"""A list of contacts with buyers from anywhere: calls, mails, chats, visits."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-contacts",
    title=T("Contacts with customers"),
    kind=Kind.CONTACTS,
    platform="Contacts",
    loose=True,
    columns={
        "contact_id": (
            "contact id", "contact no", "ticket", "ticket id", "ticket no", "ticket number", "conversation id", "case no", "case number",
            "interaction id", "工单号", "工单编号", "会话id", "会话编号", "咨询编号", "沟通编号",
        ),
        "at": (
            "date", "time", "datetime", "contact date", "contacted at", "contacted on", "contact time", "created at", "call time", "sent at",
            "日期", "时间", "联系时间", "沟通时间", "咨询时间", "接入时间", "创建时间", "通话时间", "会话时间",
        ),
        "medium": (
            "medium", "contact method", "contact type", "contact channel", "interaction type", "communication channel", "via", "沟通方式",
            "沟通渠道", "联系渠道", "咨询渠道", "咨询方式", "接触方式", "channel", "type", "渠道", "方式",
        ),
        "direction": ("direction", "in or out", "inbound/outbound", "方向", "呼叫类型", "呼叫方向", "来去电"),
        "subject": ("subject", "topic", "issue", "category", "主题", "咨询主题", "问题类型", "问题分类", "咨询类型", "事由"),
        "note": (
            "note", "notes", "remark", "comment", "comments", "message", "content", "summary", "备注", "内容", "沟通内容", "咨询内容", "记录", "留言",
            "问题描述", "描述",
        ),
        "agent": ("agent", "handled by", "staff", "employee", "representative", "operator", "客服", "客服人员", "坐席", "处理人", "接待客服", "跟进人"),
        "shop": ("shop", "store", "marketplace", "platform", "店铺", "平台", "店铺名称"),
        "order_id": ("order id", "order no", "order number", "order #", "order", "订单号", "订单编号", "线上订单号", "订单id", "关联订单"),
        "customer_id": (
            "customer id", "customer no", "customer number", "customer", "client id", "buyer id", "buyer", "member id", "客户编号", "客户id",
            "会员编号", "会员名", "买家账号", "客户", "买家", "旺旺id", "买家昵称",
        ),
        "customer_name": ("customer name", "name", "full name", "buyer name", "client name", "姓名", "客户姓名", "客户名称", "买家姓名"),
        "email": ("email", "e mail", "email address", "customer email", "邮箱", "电子邮箱", "邮箱地址"),
        "phone": ("phone", "telephone", "mobile", "tel", "phone number", "caller", "电话", "手机", "手机号", "手机号码", "联系电话", "来电号码", "联系方式"),
    },
    required=("at", "customer_id|email|phone|customer_name|order_id", "medium|subject|note"),
    telling=frozenset({
        "medium", "contact method", "contact type", "contact channel", "interaction type", "communication channel", "沟通方式", "沟通渠道",
        "联系渠道", "咨询渠道", "咨询方式", "接触方式", "direction", "方向", "呼叫类型", "呼叫方向", "subject", "topic", "主题", "咨询主题", "问题类型",
        "咨询类型", "agent", "handled by", "客服", "客服人员", "坐席", "接待客服", "沟通内容", "咨询内容", "ticket", "ticket id", "ticket no", "工单号",
        "工单编号", "会话id", "会话编号",
    }),
)  # fmt: skip
