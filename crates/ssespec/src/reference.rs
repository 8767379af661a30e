//! The built-in target.

/// STUB
pub struct Reference(url::Url);
impl Reference {
    /// x
    pub fn url(&self) -> &url::Url {
        &self.0
    }
    /// x
    pub async fn stop(self) {}
}
/// # Errors
/// x
pub async fn start() -> std::io::Result<Reference> {
    Ok(Reference("http://127.0.0.1:1/".parse().expect("x")))
}
