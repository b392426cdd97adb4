//! Apps: made and changed by operators, asked by every request.

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Arc, PoisonError, RwLock},
};

use model::{App, Code, Edition, Error, SdkAppId, Settings, UserId, app::ADMINISTRATORS, usersig};
use store::{Store, StoreError};

use crate::{World, failure::broken};

/// An app in memory with its keys ready to use.
pub struct LiveApp {
    app: App,
    keys: Vec<usersig::Key>,
    version: i64,
}

impl Deref for LiveApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl LiveApp {
    fn new(app: App, version: i64) -> Self {
        let mut keys = vec![usersig::Key::secret(&app.key)];
        keys.extend(app.public_keys.iter().filter_map(|pem| usersig::Key::public_pem(pem).ok()));
        Self { app, keys, version }
    }

    /// The keys whose signatures are accepted.
    pub fn keys(&self) -> &[usersig::Key] {
        &self.keys
    }

    /// Whether a user may call REST.
    pub fn is_administrator(&self, user: &str) -> bool {
        self.administrators.iter().any(|name| name == user)
    }
}

/// What an operator says of a new app.
pub struct NewApp {
    /// 应用名称.
    pub name: String,
    /// 应用类型.
    pub kind: String,
    /// 应用简介.
    pub introduction: String,
    /// 业务版本.
    pub edition: Edition,
    /// Users who may call REST.
    pub administrators: Vec<String>,
}

/// All apps of the platform.
pub struct Apps {
    store: Arc<Store>,
    world: Arc<World>,
    live: RwLock<HashMap<SdkAppId, Arc<LiveApp>>>,
}

impl Apps {
    pub(crate) async fn load(store: Arc<Store>, world: Arc<World>) -> Result<Self, StoreError> {
        let mut live = HashMap::new();
        for row in store.book.apps().await? {
            match serde_json::from_slice::<App>(&row.body) {
                Ok(app) => {
                    live.insert(app.sdkappid, Arc::new(LiveApp::new(app, row.version)));
                }
                Err(error) => tracing::error!(sdkappid = row.sdkappid, %error, "stored app cannot be read"),
            }
        }
        Ok(Self { store, world, live: RwLock::new(live) })
    }

    /// The app of that number.
    pub fn get(&self, sdkappid: SdkAppId) -> Option<Arc<LiveApp>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).get(&sdkappid).cloned()
    }

    /// All apps, newest first.
    pub fn list(&self) -> Vec<Arc<LiveApp>> {
        let mut apps: Vec<_> = self.live.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        apps.sort_by_key(|app| std::cmp::Reverse((app.created, app.sdkappid)));
        apps
    }

    /// Makes an app with a key of its own.
    pub async fn create(&self, new: NewApp) -> Result<Arc<LiveApp>, Error> {
        App::check(&new.name, &new.kind, &new.introduction).map_err(|why| Error::new(Code::Invalid).detail(why))?;
        check_administrators(&new.administrators)?;
        let number = self.store.book.next_app().await.map_err(broken)?;
        let now = self.world.now();
        let app = App {
            sdkappid: SdkAppId::try_from(number).map_err(|error| Error::new(Code::Broken).source(error))?,
            name: new.name,
            kind: new.kind,
            introduction: new.introduction,
            edition: new.edition,
            stopped: false,
            created: now,
            updated: now,
            expires: None,
            key: self.world.hex(32),
            public_keys: Vec::new(),
            administrators: new.administrators,
            settings: Settings::default(),
        };
        let body = encode(&app)?;
        self.store.book.add_app(number, body).await.map_err(broken)?;
        Ok(self.replace(app, 1))
    }

    /// Changes an app; the change is in effect when this returns.
    pub async fn change(
        &self,
        sdkappid: SdkAppId,
        change: impl Fn(&mut App) -> Result<(), Error>,
    ) -> Result<Arc<LiveApp>, Error> {
        for _ in 0..5 {
            let live = self.get(sdkappid).ok_or_else(|| Error::new(Code::NotFound).detail("there is no such app"))?;
            let mut app = live.app.clone();
            change(&mut app)?;
            check_administrators(&app.administrators)?;
            App::check(&app.name, &app.kind, &app.introduction).map_err(|why| Error::new(Code::Invalid).detail(why))?;
            app.updated = self.world.now();
            match self.store.book.set_app(sdkappid.into(), encode(&app)?, live.version).await {
                Ok(()) => return Ok(self.replace(app, live.version + 1)),
                Err(StoreError::Conflict { .. }) => self.reload().await?,
                Err(error) => return Err(broken(error)),
            }
        }
        Err(Error::new(Code::Broken).source("an app was changed by others again and again"))
    }

    async fn reload(&self) -> Result<(), Error> {
        for row in self.store.book.apps().await.map_err(broken)? {
            if let Ok(app) = serde_json::from_slice::<App>(&row.body) {
                self.replace(app, row.version);
            }
        }
        Ok(())
    }

    fn replace(&self, app: App, version: i64) -> Arc<LiveApp> {
        let live = Arc::new(LiveApp::new(app, version));
        let mut apps = self.live.write().unwrap_or_else(PoisonError::into_inner);
        match apps.get(&live.sdkappid) {
            Some(newer) if newer.version > version => newer.clone(),
            _ => {
                apps.insert(live.sdkappid, live.clone());
                live
            }
        }
    }
}

fn encode(app: &App) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(app).map_err(|error| Error::new(Code::Broken).source(error))
}

fn check_administrators(names: &[String]) -> Result<(), Error> {
    if names.is_empty() || names.len() > ADMINISTRATORS {
        return Err(Error::new(Code::Invalid).detail("an app has 1 to 10 administrators"));
    }
    if names.iter().any(|name| !UserId::new(name).is_some_and(|user| user.is_ordinary())) {
        return Err(
            Error::new(Code::Invalid).detail("an administrator's name has 1 to 32 bytes and no control characters")
        );
    }
    Ok(())
}
