export { openCapture, type Capture } from './capture/open-capture.ts';
export { migrateData } from './migrate-data.ts';
export { openDataService } from './open-data-service.ts';
export { openData, type Data } from './open-data.ts';
