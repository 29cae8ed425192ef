// A module that cannot be imported.
throw new Error('This module is broken.');
