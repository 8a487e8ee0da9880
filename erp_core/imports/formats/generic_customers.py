"""A customer list from anywhere."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-customers",
    title=T("Customer list"),
    kind=Kind.CUSTOMERS,
    platform="Customers",
    loose=True,
    columns={
        "customer_id": (
            "customer id", "customer no", "customer number", "customer", "client id", "buyer id", "member id", "客户编号", "客户id", "会员编号", "会员名",
            "客户编码", "买家账号", "客户",
        ),
        "name": ("customer name", "name", "full name", "buyer name", "client name", "姓名", "客户姓名", "客户名称", "名称", "买家姓名"),
        "email": ("email", "e mail", "email address", "mail", "邮箱", "电子邮箱", "电子邮件"),
        "phone": ("phone", "telephone", "mobile", "tel", "phone number", "电话", "手机", "手机号", "手机号码", "联系电话", "联系方式"),
        "country": ("country", "国家", "国家/地区"),
        "province": ("province", "state", "region", "省", "省份"),
        "city": ("city", "城市", "市"),
        "postcode": ("postcode", "zip", "postal code", "zip code", "邮编", "邮政编码"),
        "address": ("address", "street", "address1", "address 1", "地址", "详细地址", "收货地址"),
        "note": ("note", "notes", "remark", "备注"),
    },
    required=("customer_id|email|phone",),
)  # fmt: skip
