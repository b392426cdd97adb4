//! `im_sdk_config_mgr`: what clients are configured with.

commands! { fetch_config fetch_imsdk_purchase_bitsv2 }
