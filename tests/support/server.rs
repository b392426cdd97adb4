//! The server under test.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use model::{Edition, SdkAppId, usersig};
use serde_json::json;
use service::{
    NewApp, Options, Services, World,
    file::{Place, UploadRow},
};
use store::{Backend, Config, Durability, Store};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{Admin, Console, User, Wire, eventually, text, within};

/// The administrator of every app.
const ADMINISTRATOR: &str = "administrator";
/// Lifetime of signatures, in seconds.
const LIFETIME: i64 = 86_400;
/// The moment at which the fixed clock stands first: half past a second.
const FIXED: i64 = 1_800_000_000_500;

/// The real server in this process, on a port and a folder of its own.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    folder: TempDir,
    files: Place,
    allow_private: bool,
    world: Arc<World>,
    address: SocketAddr,
    running: Mutex<Option<Running>>,
}

struct Running {
    services: Arc<Services>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Running {
    async fn start(
        folder: &TempDir,
        (files, callbacks_allow_private): (&Place, bool),
        world: &Arc<World>,
        listener: TcpListener,
    ) -> Self {
        let backend = Backend::Sqlite { dir: folder.path().join("data") };
        let store = Store::open(&Config { backend, durability: Durability::Full }).await.expect("the store opens");
        let history = folder.path().join("history");
        // Apps' servers are on this machine as well.
        let options = Options { files: files.clone(), history, callbacks_allow_private, ..Options::default() };
        let services = Services::start(store, world.clone(), options).await.expect("the services start");
        services.go_on_pushing();
        let router = gateway::router(services.clone());
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, service).with_graceful_shutdown(stopped).await.expect("the port is served");
        });
        Self { services, stop, served }
    }

    async fn end(self) {
        let Self { services, stop, served } = self;
        // The receiver is gone only with the server.
        let _ = stop.send(());
        within("draining", services.drain()).await;
        within("the end of the server", served).await.expect("serving does not panic");
        let left = Arc::downgrade(&services);
        drop(services);
        eventually("the end of everything that was begun", || left.strong_count() == 0).await;
    }
}

impl Server {
    /// Starts with the machine's clock.
    pub async fn start() -> Self {
        Self::start_in(World::system(), None, true).await
    }

    /// Starts with a clock that stands still until it is moved.
    pub async fn start_fixed() -> Self {
        Self::start_in(World::fixed(FIXED, World::system().number()), None, true).await
    }

    /// The same with uploaded files elsewhere than in its folder.
    pub async fn start_fixed_with(files: Place) -> Self {
        Self::start_in(World::fixed(FIXED, World::system().number()), Some(files), true).await
    }

    /// Starts as the platform is by default: callbacks go to public addresses only.
    pub async fn start_strict() -> Self {
        Self::start_in(World::system(), None, false).await
    }

    async fn start_in(world: Arc<World>, files: Option<Place>, allow_private: bool) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let files = files.unwrap_or_else(|| Place::Disk { dir: folder.path().join("files") });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let running = Running::start(&folder, (&files, allow_private), &world, listener).await;
        Self(Arc::new(Inner { folder, files, allow_private, world, address, running: Mutex::new(Some(running)) }))
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the server and starts it again on the same port and the same data.
    pub async fn restart(&self) {
        let running = self.running().take().expect("the server runs");
        running.end().await;
        let listener = TcpListener::bind(self.0.address).await.expect("the port is free again");
        let running =
            Running::start(&self.0.folder, (&self.0.files, self.0.allow_private), &self.0.world, listener).await;
        *self.running() = Some(running);
    }

    /// What is behind the doors, to look at what no door shows. Gone with the next restart.
    pub fn services(&self) -> Arc<Services> {
        self.running().as_ref().expect("the server runs").services.clone()
    }

    /// Time and chance.
    pub fn world(&self) -> &World {
        &self.0.world
    }

    /// The names of the files in its folder that users uploaded, with what was made of them.
    pub fn uploads(&self) -> Vec<String> {
        let (mut found, mut folders) = (Vec::new(), vec![self.0.folder.path().join("files")]);
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    found.push(entry.file_name().to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// Puts a piece of an upload where a server that was killed leaves it, and its row as it was then.
    pub async fn leave_upload(&self, app: SdkAppId, piece: &str) {
        let folder = self.0.folder.path().join("files").join(app.to_string()).join(&piece[..2]);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        std::fs::write(folder.join(piece), "half").expect("a file can be written");
        let row = UploadRow {
            name: piece[..40].to_owned(),
            app: app.into(),
            account: 1,
            file_name: "half.bin".into(),
            kind: 255,
            bytes: -1,
            created: self.0.world.now(),
            mime: String::new(),
            width: -1,
            height: -1,
            withheld: false,
        };
        self.services().store().book.begin_upload(&row).await.expect("a row can be written");
    }

    /// For HTTP requests.
    pub fn wire(&self) -> Wire {
        Wire(self.0.address)
    }

    /// For clients.
    pub fn url(&self) -> String {
        format!("ws://{}", self.0.address)
    }

    /// Makes an app without the limits of a trial.
    pub async fn app(&self) -> App {
        let new = NewApp {
            name: "tests".into(),
            kind: "social".into(),
            introduction: String::new(),
            edition: Edition::Pro,
            administrators: vec![ADMINISTRATOR.into()],
        };
        let app = self.services().apps.create(new).await.expect("the app is made");
        App { server: self.clone(), sdkappid: app.sdkappid, key: app.key.clone() }
    }

    /// Somebody at the console who has not signed in.
    pub fn visitor(&self) -> Console {
        Console { wire: self.wire(), token: None }
    }

    /// An operator at the console.
    pub async fn operator(&self) -> Console {
        let (name, password) = ("owner", "correct horse battery");
        self.services().operators.create(name, password, false).await.expect("the operator is made");
        self.visitor().signed_in(name, password).await
    }
}

/// An app.
#[derive(Clone)]
pub struct App {
    /// Where it is.
    pub server: Server,
    /// Its number.
    pub sdkappid: SdkAppId,
    /// Its secret.
    pub key: String,
}

impl App {
    /// Its backend.
    pub fn admin(&self) -> Admin {
        self.rest(ADMINISTRATOR, &self.sign(ADMINISTRATOR))
    }

    /// Whoever asks REST with that name and that signature.
    pub fn rest(&self, identifier: &str, usersig: &str) -> Admin {
        let query = format!(
            "sdkappid={}&identifier={identifier}&usersig={usersig}&random=99999999&contenttype=json",
            self.sdkappid
        );
        Admin { wire: self.server.wire(), query }
    }

    /// A signature of a user made now.
    pub fn sign(&self, identifier: &str) -> String {
        let now = self.server.world().second();
        usersig::sign(self.sdkappid, identifier, &self.key, now, LIFETIME, None)
    }

    /// One of its users.
    pub fn user(&self, name: &str) -> User {
        User { app: self.clone(), name: name.into() }
    }

    /// Makes accounts, at most 100.
    pub async fn import(&self, names: &[&str]) {
        let list: Vec<_> = names.iter().map(|name| json!({"UserID": name})).collect();
        self.admin().ok("im_open_login_svc/multiaccount_import", json!({"AccountList": list})).await;
    }

    /// Makes the groups that the examples of the commands name, as far as they are missing, and says something in
    /// them. Their owner is alice, whose account exists as bob's and carol's do.
    pub async fn example_groups(&self) {
        let admin = self.admin();
        let (members, town) = (json!([{"Member_Account": "bob"}, {"Member_Account": "carol"}]), "@TGS#_town");
        for (kind, id, others, topics) in [
            ("Public", "hikers-01", Some(&members), 0),
            ("AVChatRoom", "live-01", None, 0),
            ("Community", "@TGS#_birds", Some(&members), 1),
            ("Community", town, Some(&members), 1),
        ] {
            let mut body = json!({"Owner_Account": "alice", "Type": kind, "Name": "Hikers", "GroupId": id,
                "SupportTopic": topics});
            if let Some(others) = others {
                body["MemberList"] = others.clone();
            }
            if admin.code("group_open_http_svc/create_group", body).await != 0 {
                continue;
            }
            if topics == 1 {
                let topic = if id == town { "@TGS#_town@TOPIC#_first" } else { "@TGS#_birds@TOPIC#_wrens" };
                let body = json!({"GroupId": id, "TopicId": topic, "TopicName": "wrens", "From_Account": "alice"});
                admin.ok("million_group_open_http_svc/create_topic", body).await;
                continue;
            }
            let body = json!({"GroupId": id, "Random": 1, "From_Account": "alice",
                "MsgBody": text("between members")});
            admin.ok("group_open_http_svc/send_group_msg", body).await;
        }
    }

    /// Changes a setting.
    pub async fn set(&self, name: &str, value: &str) {
        let change = |app: &mut model::App| {
            app.settings.set(name, value).map_err(|why| model::Error::new(model::Code::Invalid).detail(why))
        };
        self.server.services().apps.change(self.sdkappid, change).await.expect("the setting is valid");
    }
}
