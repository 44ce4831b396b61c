import {twoCloudStory} from './two-cloud-story.ts'

twoCloudStory('route53')
