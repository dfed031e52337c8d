//! TCP at both ends.
pub(super) type TcpHost = super::udp::UdpHost;
