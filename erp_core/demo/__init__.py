"""The demo shop: a made-up seller of home goods, written as the files of its platforms and loaded through the importers."""
