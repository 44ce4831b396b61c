// Stands in the bundle for what oclif searches the disk with, for commands and plugins: mcd's commands are in the bundle.
module.exports = {}
