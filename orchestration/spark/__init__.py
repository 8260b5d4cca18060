"""Apache Spark as the engine that loads and models the events (`TURRET_ENGINE=spark`)."""
