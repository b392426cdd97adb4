//! The log on standard error, and the metrics.

use std::{
    io::{IsTerminal, stderr},
    net::SocketAddr,
    time::Duration,
};

use anyhow::Context;
use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat, METRICS_LISTEN};

/// Open connections of the public port.
pub const CONNECTIONS: &str = "feihong_sockets";
/// Connections closed at once because there were too many, counted.
pub const CONNECTIONS_REFUSED: &str = "feihong_sockets_refused_total";
/// Always 1; the label `version` is this build's.
const BUILD: &str = "feihong_build_info";

/// Upper bounds of durations, in seconds.
const SECONDS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Upper bounds of sizes of batches.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0];
/// How often old samples are folded into the histograms.
const UPKEEP: Duration = Duration::from_secs(5);

/// Whether a level can be used.
pub fn check_level(level: &str) -> anyhow::Result<()> {
    filter(level).map(drop)
}

fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(level).with_context(|| format!("log.level {level:?} is not a level"))
}

/// Starts the log. Only the first call of a process has an effect.
pub fn start_log(log: &Log) -> anyhow::Result<()> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(&log.level)?)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    // A second log in one process, as tests may start, leaves the first in place.
    let _ = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// The internal listener for Prometheus.
pub struct Metrics {
    listener: TcpListener,
    handle: PrometheusHandle,
}

impl Metrics {
    /// Starts to count and listens. When the default address is taken, goes on without.
    pub async fn start(listen: SocketAddr) -> anyhow::Result<Option<Self>> {
        let listener = match TcpListener::bind(listen).await {
            Ok(listener) => listener,
            Err(error) if listen.to_string() == METRICS_LISTEN => {
                tracing::warn!(%listen, %error, "no metrics: set server.metrics_listen to another address");
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot listen for metrics on {listen}")),
        };
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
            .set_buckets_for_metric(Matcher::Suffix("_size".into()), &SIZES)?
            .build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another server in this process has the metrics");
        }
        metrics::gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        metrics::describe_gauge!(CONNECTIONS, "open connections of the public port");
        metrics::describe_gauge!(service::metric::ONLINE, "users of an app who have a connection");
        metrics::describe_counter!(CONNECTIONS_REFUSED, "connections closed at once because there were too many");
        Ok(Some(Self { listener, handle }))
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers `/metrics` until dropped; `look` is called before each answer, for what is not counted all the time.
    pub async fn serve(self, look: impl Fn() + Clone + Send + Sync + 'static) {
        let Self { listener, handle } = self;
        let upkeep = handle.clone();
        let text = move || {
            look();
            let body = handle.render();
            async move { ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body) }
        };
        let router = Router::new().route("/metrics", get(text));
        let fold = async {
            let mut interval = tokio::time::interval(UPKEEP);
            loop {
                interval.tick().await;
                upkeep.run_upkeep();
            }
        };
        tokio::select! {
            () = fold => {}
            ended = axum::serve(listener, router) => {
                if let Err(error) = ended {
                    tracing::error!(%error, "the metrics listener ended");
                }
            }
        }
    }
}
