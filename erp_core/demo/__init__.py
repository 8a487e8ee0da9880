"""The demo shop: a made-up seller of home goods, as files of its platforms that are loaded by the importers."""
