import {twoCloudStory} from './two-cloud-story.ts'

twoCloudStory('cloudflare')
