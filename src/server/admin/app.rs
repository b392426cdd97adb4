//! `feihong app`.

use model::{App, Code, Edition, Error, SdkAppId};
use service::Services;

use super::{AppLine, AppSheet, Created, NewApp, Reply, Which};

/// What can be set besides the settings.
const PROPERTIES: &str = "name, type, introduction, edition, administrators, stopped";

pub(super) async fn create(services: &Services, new: NewApp) -> Result<Reply, Error> {
    let edition = edition(&new.edition)?;
    let NewApp { name, kind, introduction, admin, .. } = new;
    let new = service::NewApp { name, kind, introduction, edition, administrators: vec![admin.clone()] };
    let app = services.apps.create(new).await?;
    Ok(Reply::Created(Created { sdkappid: app.sdkappid, key: app.key.clone(), admin }))
}

pub(super) fn list(services: &Services) -> Reply {
    let now = services.world.now();
    Reply::Apps(services.apps.list().iter().map(|app| AppLine::of(app, now)).collect())
}

pub(super) fn show(services: &Services, which: Which) -> Result<Reply, Error> {
    let app = find(services, which.sdkappid)?;
    Ok(Reply::App(Box::new(AppSheet::of(&app, services.world.now()))))
}

pub(super) fn key(services: &Services, which: Which) -> Result<Reply, Error> {
    Ok(Reply::Key { key: find(services, which.sdkappid)?.key.clone() })
}

pub(super) async fn set(services: &Services, sdkappid: SdkAppId, changes: &[(String, String)]) -> Result<Reply, Error> {
    find(services, sdkappid)?;
    let apply = |app: &mut App| changes.iter().try_for_each(|(name, value)| change(app, name, value));
    let app = services.apps.change(sdkappid, apply).await?;
    Ok(Reply::App(Box::new(AppSheet::of(&app, services.world.now()))))
}

pub(super) fn find(services: &Services, sdkappid: SdkAppId) -> Result<std::sync::Arc<service::LiveApp>, Error> {
    services.apps.get(sdkappid).ok_or_else(|| Error::new(Code::NotFound).detail(format!("there is no app {sdkappid}")))
}

fn change(app: &mut App, name: &str, value: &str) -> Result<(), Error> {
    match name {
        "name" => value.clone_into(&mut app.name),
        "type" => value.clone_into(&mut app.kind),
        "introduction" => value.clone_into(&mut app.introduction),
        "edition" => app.edition = edition(value)?,
        "stopped" => app.stopped = value.parse().map_err(|_| invalid("stopped takes true|false"))?,
        "administrators" => {
            app.administrators = value.split(',').map(str::trim).map(str::to_owned).collect();
        }
        _ => app.settings.set(name, value).map_err(|why| {
            if why.starts_with("there is no setting") { invalid(format!("{why}, {PROPERTIES}")) } else { invalid(why) }
        })?,
    }
    Ok(())
}

fn edition(name: &str) -> Result<Edition, Error> {
    Edition::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Edition::ALL.iter().map(|edition| edition.name()).collect();
        invalid(format!("there is no edition {name}; there are {}", names.join(", ")))
    })
}

fn invalid(why: impl Into<String>) -> Error {
    Error::new(Code::Invalid).detail(why.into())
}
