/** What is notified when files were let go of, or content is to be erased; by the triggers too. */
export const FILES_CHANGED = 'nightshift_files';
