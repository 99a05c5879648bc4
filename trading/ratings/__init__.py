"""Service ratings (服务评价): both sides of what the centre served rate each other blind; what the centre publishes."""
