//! How a notice becomes a message.

use model::{Code, Error};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::openim::parts::check_push_info;

/// The message that shows a notice: its text as `Desc`, what the app reads as `Data`, the title as `Ext`.
pub(super) fn message(notice: &RawValue) -> Result<Box<RawValue>, Error> {
    #[derive(Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    #[derive(Default)]
    struct Notice {
        title: String,
        desc: String,
        ext: String,
    }
    check_push_info(Some(notice))?;
    let malformed = |error| Error::new(Code::OfflinePushInfoInvalid).source(error);
    let notice: Notice = serde_json::from_str(notice.get()).map_err(malformed)?;
    let content = json!({"Data": notice.ext, "Desc": notice.desc, "Ext": notice.title});
    let body = json!([{"MsgType": "TIMCustomElem", "MsgContent": content}]);
    RawValue::from_string(body.to_string()).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use model::message::check_body;
    use serde_json::{Value, value::RawValue};

    use super::message;

    #[test]
    fn a_notice_is_a_message() {
        let notice = RawValue::from_string(r#"{"PushFlag":0,"Title":"t","Desc":"d","Ext":"e"}"#.into()).unwrap();
        let body = message(&notice).unwrap();
        assert_eq!(check_body(&body).unwrap().len(), 1);
        let body: Value = serde_json::from_str(body.get()).unwrap();
        let content = &body[0]["MsgContent"];
        assert_eq!((&content["Data"], &content["Desc"], &content["Ext"]), (&"e".into(), &"d".into(), &"t".into()));
        assert!(message(&RawValue::from_string("[]".into()).unwrap()).is_err());
    }
}
