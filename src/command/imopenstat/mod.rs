//! `imopenstat`: what clients report of themselves.

commands! { tim_web_report_v2 }
